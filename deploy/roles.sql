-- Makes the three database roles of hubadmin and its database, on a server that has neither.
--
--   export OWNER_PASSWORD=… APP_PASSWORD=… NATIONAL_PASSWORD=…
--   psql --file deploy/roles.sql "postgresql://postgres@db.example.org/postgres"
--
-- Needs psql 15 or newer and a role that may create roles and databases. With `--set database=NAME` the database
-- is called NAME and the roles NAME_owner, NAME_app and NAME_national; else it is hubadmin.
-- What app and national may do in each table is granted by `manage.py migrate`.

\set ON_ERROR_STOP on
\if :{?database}
\else
    \set database hubadmin
\endif
\set owner :database _owner
\set app :database _app
\set national :database _national
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv national_password NATIONAL_PASSWORD

-- Owns the schema and migrates; row-level security does not hold it back, so no web page runs as this role.
CREATE ROLE :"owner" NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS LOGIN PASSWORD :'owner_password';
-- Serves people: web, worker and beat.
CREATE ROLE :"app" NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS LOGIN PASSWORD :'app_password';
-- Reads some columns of every hub's rows, and never writes.
CREATE ROLE :"national" NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS LOGIN PASSWORD :'national_password';
ALTER ROLE :"national" SET default_transaction_read_only = on;

-- Who is not a superuser must be a member of a role to hand things over to it.
GRANT :"owner" TO CURRENT_USER;
CREATE DATABASE :"database" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
-- Temporary tables: the register's import copies its file into one.
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"app";
GRANT CONNECT ON DATABASE :"database" TO :"national";

\connect :"database"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app", :"national";
