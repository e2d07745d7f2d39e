# One image for web, worker and scheduler; the command tells them apart.
# Runs as an ordinary user, needs no writable file system but /tmp, and holds no secret.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/console
# requirements.txt leaves out what runs the model; rules that ask for its score then say "unknown".
ARG REQUIREMENTS=requirements-classifier.txt
COPY requirements-uv.txt requirements.txt requirements-classifier.txt ./
RUN python -m venv /opt/uv \
    && /opt/uv/bin/pip install --require-hashes -r requirements-uv.txt \
    && python -m venv --without-pip /opt/venv \
    && /opt/uv/bin/uv pip sync --no-cache --compile-bytecode --require-hashes \
        --python /opt/venv/bin/python ${REQUIREMENTS}
COPY . .
# Collecting needs settings but reads none of these; they are not in the final image.
RUN SECRET_KEY=only-while-building-abcdefghijklmnopqrstuvwxyz-0123456789 \
    CREDENTIAL_KEYS=b25seS13aGlsZS1idWlsZGluZy0wMTIzNDU2Nzg5YWI= \
    DATABASE_URL=sqlite://:memory: REDIS_URL=redis://build.invalid:6379/0 ALLOWED_HOSTS=build.invalid \
    DJANGO_SETTINGS_MODULE=config.settings.production CONSOLE_VAR=/srv/console/var \
    /opt/venv/bin/python manage.py collectstatic --noinput -v 0 \
    && /opt/venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
ARG BUILD_VERSION=development
ARG BUILD_COMMIT=unknown
ENV BUILD_VERSION=${BUILD_VERSION} \
    BUILD_COMMIT=${BUILD_COMMIT} \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    CONSOLE_VAR=/srv/console/var \
    HOME=/tmp \
    PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TZ=UTC
RUN groupadd --system --gid 10001 console \
    && useradd --system --uid 10001 --gid 10001 --home-dir /tmp --shell /usr/sbin/nologin console
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/console /srv/console
# Uploaded files wait here for the worker: mount a volume that both share.
RUN install -d -o 10001 -g 10001 /srv/console/var/uploads
WORKDIR /srv/console
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "config/probe.py"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", \
     "--max-requests", "5000", "--max-requests-jitter", "500", "--graceful-timeout", "25", \
     "--access-logfile", "-"]
