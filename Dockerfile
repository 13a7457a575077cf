# The shop's image, in stages over one pinned Python. It holds the shop and the packages it runs
# on; the stage `tests` adds what its tests need, and is never what runs in production.
# Another base, such as a mirror's: docker compose build --build-arg PYTHON_IMAGE=…
ARG PYTHON_IMAGE=python:3.13.9-slim-bookworm@sha256:b685a4fa58bb19d1814d78a1ec0f0208f351452724f78b20212c984d6e124a34

# Installed here, so that installers and their caches are no part of what runs. A step that fetches
# says so when it fails, for whoever has to tell a network that is away from an image that is wrong.
FROM ${PYTHON_IMAGE} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1 UV_LINK_MODE=copy
COPY requirements/installer.txt requirements/shop.txt /tmp/requirements/
RUN python3 -m venv /opt/uv \
    && /opt/uv/bin/pip install --quiet --require-hashes -r /tmp/requirements/installer.txt \
    && python3 -m venv --without-pip /opt/shop \
    && /opt/uv/bin/uv pip install --quiet --python /opt/shop/bin/python --require-hashes \
        --system-certs --compile-bytecode -r /tmp/requirements/shop.txt \
    || { echo 'packages: could not be fetched' >&2; exit 1; }

FROM ${PYTHON_IMAGE} AS shop
# The shop may write nowhere but to /tmp and, in the demo, to the twin's folder.
RUN groupadd --system --gid 10001 shop \
    && useradd --system --uid 10001 --gid shop --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin shop \
    && install -d -o shop -g shop /var/lib/twin
ENV PATH=/opt/shop/bin:$PATH \
    PYTHONPATH=/srv/shop/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production
WORKDIR /srv/shop
COPY --from=packages /opt/shop /opt/shop
COPY LICENSE ./
COPY app app
# Production settings start with nothing missing; collecting files needs none of these values, and
# the key is drawn for this one command and forgotten.
RUN SECRET_KEY=$(python -c "import secrets; print(secrets.token_urlsafe(48))") \
    DATABASE_URL=postgresql://nobody@nowhere.invalid/none \
    ALLOWED_HOSTS=shop.invalid SHOP_ADDRESS=https://shop.invalid \
    STRIPE_API_KEY=sk_test_none STRIPE_WEBHOOK_SECRETS=whsec_none \
    python app/manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q app
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
    "--preload", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]

# What backs the shop up and drills: the same shop, and programs and server of PostgreSQL. Debian's
# client is older than the server it would have to dump, which it then refuses.
FROM packages AS backup-packages
COPY requirements/backups.txt /tmp/requirements/
RUN /opt/uv/bin/uv pip install --quiet --python /opt/shop/bin/python --require-hashes \
    --system-certs --compile-bytecode -r /tmp/requirements/backups.txt \
    || { echo 'packages: could not be fetched' >&2; exit 1; }

FROM shop AS backups
COPY --from=backup-packages /opt/shop /opt/shop
USER root
RUN install -d -o shop -g shop -m 700 /var/backups/shop
USER 10001:10001

# What `make compose-proof` runs tests in: the same shop, its tests, and what those need.
FROM shop AS tests
USER root
COPY --from=packages /opt/uv /opt/uv
COPY requirements/tests.txt /tmp/requirements/
RUN /opt/uv/bin/uv pip install --quiet --no-cache --link-mode copy --python /opt/shop/bin/python \
    --require-hashes --system-certs -r /tmp/requirements/tests.txt \
    || { echo 'packages: could not be fetched' >&2; exit 1; }
COPY pyproject.toml ./
COPY tests tests
USER 10001:10001

# Without a target, `docker build` makes what runs.
FROM shop
