# gitsidecar as an image: built in one stage, run in another that holds no tool to build with.

FROM python:3.11-slim-bookworm AS builder
WORKDIR /src
COPY requirements requirements
# Two environments, so that what builds does not come along into the image. Both have their versions and hashes pinned.
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt \
    && python -m venv /opt/gitsidecar \
    && /opt/gitsidecar/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY gitsidecar gitsidecar
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/gitsidecar/bin/pip install --no-cache-dir --no-deps dist/*.whl \
    && /opt/gitsidecar/bin/python -m pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
# Debian keeps no old versions, so a pinned one would soon not be found: git and ssh shall be the newest of bookworm.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git openssh-client tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --home-dir /var/lib/gitsidecar --create-home --shell /usr/sbin/nologin gitsidecar
COPY --from=builder /opt/gitsidecar /opt/gitsidecar
ENV HOME=/var/lib/gitsidecar \
    PATH=/opt/gitsidecar/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# The mirror of the source branch. It may be lost at any time: that costs one fetch.
VOLUME /var/lib/gitsidecar
WORKDIR /var/lib/gitsidecar
# Health and metrics; the webhook.
EXPOSE 8080 9443
# tini buries the children that Git leaves behind, and hands SIGTERM on.
ENTRYPOINT ["tini", "--", "gitsidecar"]
CMD ["run", "--config", "/etc/gitsidecar/gitsidecar.yaml"]
