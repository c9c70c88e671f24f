#!/bin/sh
# Run once by the PostgreSQL image, on an empty data directory: makes the roles with the passwords that stand
# in the addresses which web, worker and migrate are given.
set -eu

password_in() {
    sed -E 's|^[a-z]+://[^:]+:([^@]+)@.*$|\1|' "/run/secrets/$1"
}

OWNER_PASSWORD=$(password_in database_owner_url)
APP_PASSWORD=$(password_in database_url)
NATIONAL_PASSWORD=$(password_in database_national_url)
export OWNER_PASSWORD APP_PASSWORD NATIONAL_PASSWORD

psql --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres --file /deploy/roles.sql
