# A new crate is built, tested and run, without a registry.
set -e
export CARGO_HOME=/tmp/cargo
cargo --quiet init --vcs none --name small small && cd small
cargo --quiet --offline test >/dev/null && cargo --quiet --offline run | grep -q Hello
echo done
