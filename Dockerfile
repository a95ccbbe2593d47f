# The reconciler with everything it needs to build drivers and to run local devices.
# The list of all architectures' images, by digest; `apt-get` brings Debian's later security updates.
ARG DEBIAN=debian:bookworm-slim@sha256:96e378d7e6531ac9a15ad505478fcc2e69f371b10f5cdf87857c4b8188404716

FROM ${DEBIAN} AS build
RUN apt-get update \
 && apt-get upgrade --yes \
 && apt-get install --yes --no-install-recommends python3 python3-venv
WORKDIR /opt/click-up
COPY requirements requirements
# Exactly the versions and files that the tests ran with.
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements/demo.txt
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY reconciler reconciler
COPY element_library element_library
COPY desired_state desired_state
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .
# What the image holds beside Debian's packages: /opt/venv/sbom.json, in CycloneDX.
RUN python3 -m venv /opt/audit \
 && /opt/audit/bin/pip install --no-cache-dir --require-hashes --requirement requirements/audit.txt \
 && /opt/audit/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
    --output-file /opt/venv/sbom.json /opt/venv/bin/python

FROM ${DEBIAN}
RUN apt-get update \
 && apt-get upgrade --yes \
 && apt-get install --yes --no-install-recommends python3 git g++ libc6-dev util-linux ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/click-up click-up
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH XDG_STATE_HOME=/var/lib
VOLUME /var/lib/click-up
USER click-up
# `validate`, `plan`, `render`, `build` need no more. Devices of this host do: packet sockets CAP_NET_RAW and
# CAP_NET_ADMIN, network namespaces CAP_SYS_ADMIN:
#   docker run --user root --cap-add NET_RAW --cap-add NET_ADMIN --cap-add SYS_ADMIN --network host click-up run --repository URL
ENTRYPOINT ["click-up"]
CMD ["--help"]
