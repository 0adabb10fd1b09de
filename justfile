# Runs the bot: local mode without a token.
run:
    cargo run

# Runs all tests; arguments choose some.
test *args:
    tests/run {{args}}

# Formatting, lints and docs, as CI checks them.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Micro benches, then end to end beside other bots (PEERS names the folder of their harness).
bench:
    cargo bench --package umbrasil
    tests/bench/peers

# Builds the modules as components into target/wasm32-wasip2/module.
modules:
    cargo build --profile module --target wasm32-wasip2 $(for module in modules/*/; do echo --package umbrasil-$(basename $module); done)

# Builds the container image.
image:
    docker build --tag umbrasil .

# Licences, bans and sources of all dependencies.
deny:
    cargo deny check bans licenses sources
