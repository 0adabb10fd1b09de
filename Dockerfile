# The bot as an image: `docker build --tag umbrasil .`, then
#   docker run --volume umbrasil:/data --env TELEGRAM_BOT_TOKEN=… --env ALLOWED_USER_IDS=… --publish 8080:8080 umbrasil
# All that it keeps is in /data. It runs as user 10001, needs no capability and writes nowhere else.

# What the bot runs on: the stage below, or any image with glibc 2.36 or newer.
ARG RUNTIME=base

FROM rust:1.95.0-slim-bookworm AS toolchain
WORKDIR /source
# The toolchain of the image, not a download of what rust-toolchain.toml calls stable.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN rustup target add wasm32-wasip2 && cargo install cargo-chef --locked --version 0.1.78

# What the dependencies are: changes only with the manifests, so that the layer below is used again.
FROM toolchain AS recipe
COPY . .
RUN cargo chef prepare --recipe-path /recipe.json

FROM toolchain AS builder
COPY --from=recipe /recipe.json /recipe.json
RUN cargo chef cook --release --locked --package umbrasil --recipe-path /recipe.json
COPY . .
RUN cargo build --release --locked --package umbrasil \
    && install -D target/release/umbrasil /out/umbrasil

# tesseract reads the text in pictures; without it, all else works.
FROM debian:bookworm-slim AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates tesseract-ocr tesseract-ocr-deu \
    && rm -rf /var/lib/apt/lists/*

FROM ${RUNTIME} AS runtime
LABEL org.opencontainers.image.title="UmbraSIL" \
      org.opencontainers.image.description="A private Telegram operations bot whose features are sandboxed WebAssembly components" \
      org.opencontainers.image.source="https://github.com/umbrasil/umbrasil" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=builder /out/umbrasil /usr/local/bin/umbrasil
RUN mkdir -m 0700 /data && chown 10001:10001 /data
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    UMBRASIL_DATA_DIR=/data \
    UMBRASIL_BIND=0.0.0.0 \
    PORT=8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["umbrasil", "doctor"]
ENTRYPOINT ["umbrasil"]
CMD ["run"]
