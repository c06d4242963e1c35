# The `conductor` binary, in an image of its own:
#
#   docker build --tag engagement-conductor .
#   docker run --rm engagement-conductor demo --speed max --json
#
# The first build compiles RocksDB and librdkafka: 20 minutes on two cores. No Docker engine has tried it yet.

FROM node:22-bookworm-slim AS web
WORKDIR /web
COPY web .
RUN npm ci --no-audit --no-fund && npm run build

FROM rust:1.95.0-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends clang libclang-dev libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
# What the image has, without the formatter and the lints that rust-toolchain.toml asks for.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /build
COPY . .
COPY --from=web /web/dist web/dist
RUN cargo build --locked --release --bin conductor

FROM debian:bookworm-slim
# What the binary links to; the certificates are for brokers and registries behind TLS.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/conductor conductor
COPY --from=build /build/target/release/conductor /usr/local/bin/conductor
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/engagement-conductor/
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/conductor
ENTRYPOINT ["conductor"]
CMD ["--help"]
