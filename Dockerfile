# The reconciler with everything it needs to build drivers and to run local devices.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv git g++ libc6-dev util-linux ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/click-up
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
COPY schemas schemas
COPY reconciler reconciler
COPY element_library element_library
COPY desired_state desired_state
# Exactly the versions and files that the tests ran with.
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements/demo.txt \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .
ENV PATH=/opt/venv/bin:$PATH
VOLUME /var/lib/click-up
# Packet sockets need CAP_NET_RAW and CAP_NET_ADMIN, network namespaces CAP_SYS_ADMIN:
#   docker run --cap-add NET_RAW --cap-add NET_ADMIN --cap-add SYS_ADMIN --network host click-up run --repository URL
ENTRYPOINT ["click-up"]
CMD ["--help"]
