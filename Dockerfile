# The program alone: one static binary and the certificates that TLS needs.
#
#   docker build -t unseat .
#   docker run --rm -v "$PWD:/project" -p 127.0.0.1:8000:8000 unseat up --listen 0.0.0.0:8000 --insecure
#
# The profile `dist` builds longer than `release` and is smaller. FEATURES=serve makes the program that serves bundles and nothing else,
# PROFILE=small the smallest one:
#
#   docker build --build-arg FEATURES=serve --build-arg PROFILE=small -t unseat-serve .
FROM docker.io/library/rust:1.95-bookworm AS build
ARG FEATURES=train,otel,mail,docs-ui
ARG PROFILE=dist
WORKDIR /src
COPY Cargo.toml Cargo.lock clippy.toml ./
COPY src src
COPY tests/integration.rs tests/integration.rs
# glibc resolves names by itself in a static program; nothing of the system is needed at run time.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN target="$(rustc --print host-tuple)" \
 && cargo build --locked --profile "$PROFILE" --no-default-features --features "$FEATURES" --target "$target" --bin unseat \
 && install -D "target/$target/$PROFILE/unseat" /out/unseat

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/unseat /unseat
# Nobody in particular. The mounted project must be writable for this user, or run as its owner: --user "$(id -u):$(id -g)".
USER 65532:65532
WORKDIR /project
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/unseat", "ready", "--url", "http://127.0.0.1:8000"]
ENTRYPOINT ["/unseat"]
CMD ["up", "--listen", "0.0.0.0:8000"]
