# hubadmin for production: web, worker, beat and migrate run from this one image (see docker-compose.yml).

FROM node:22-bookworm-slim AS frontend
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY static static
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
COPY locks/run.txt /locks/run.txt
# Wheels only: this stage has no compiler, and none shall be needed.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --only-binary :all: --require-hashes --requirement /locks/run.txt

FROM python:3.11-slim-bookworm AS runtime
# The libraries that draw PDFs.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin hubadmin
ENV ENVIRONMENT=production \
    PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WEB_CONCURRENCY=3 \
    XDG_CACHE_HOME=/tmp
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=frontend /build/static/dist static/dist
# The settings want a key and a database to be named; this step uses neither, and neither stays in the image.
RUN ENVIRONMENT=demo SECRET_KEY=for-this-step-alone DATABASE_URL=postgresql:///none \
    python manage.py collectstatic --noinput --verbosity 0
# Everything above belongs to root: the application cannot change its own code.
USER 10001
EXPOSE 8000
# Under the name that people use, since Django answers to no other.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['PUBLIC_URL'].split('/')[2]}), timeout=4)"]
CMD ["gunicorn", "hubadmin.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
