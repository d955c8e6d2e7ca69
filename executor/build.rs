//! Links the executor without a C library: its own entry point, no start files, no dynamic loader.

fn main() {
    for argument in [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--build-id=none",
        "-Wl,-z,noexecstack",
        "-Wl,-z,relro,-z,now",
        // Nothing unwinds: panics abort. Unoptimised code still names the routine that would.
        "-Wl,--defsym=rust_eh_personality=0",
    ] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    // A release has no symbols. Cargo's own stripping leaves some behind in a static program.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rustc-link-arg-bins=-Wl,--strip-all");
    }
    let dir = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-Wl,--no-eh-frame-hdr,-T,{dir}/link.ld");
    println!("cargo:rerun-if-changed=link.ld");
    println!("cargo:rerun-if-changed=build.rs");
}
