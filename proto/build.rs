//! Compiles the contract with protox, so that nobody has to install protoc.

const FILES: [&str; 4] = [
    "provost/identity/v1/user_service.proto",
    "provost/identity/v1/site_service.proto",
    "provost/identity/v1/ledger_service.proto",
    "provost/identity/v1/access_service.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=provost");
    println!("cargo:rerun-if-changed=google");
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    // Encoded by the compiler: the types of `prost` would drop `field_behavior`.
    std::fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .btree_map(".")
        .enum_attribute("ErrorReason", words("SCREAMING_SNAKE_CASE"))
        .enum_attribute("Role", words("PascalCase"))
        .enum_attribute("DirectoryStatus", words("snake_case"))
        .enum_attribute("CreationPolicy", words("snake_case"))
        .enum_attribute("DeletionPolicy", words("snake_case"))
        .enum_attribute("RefusalPolicy", words("snake_case"))
        .enum_attribute("StatusAuthority", words("snake_case"))
        .enum_attribute("Outcome", words("snake_case"))
        .enum_attribute("Permission", words("snake_case"))
        .codec_path("crate::codec::Codec")
        .build_transport(false)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Derives for an enum whose words people read: its values, each with its word, and back.
fn words(case: &str) -> String {
    format!(
        "#[derive(strum::EnumIter, strum::IntoStaticStr, strum::EnumString)]\
         #[strum(serialize_all = \"{case}\")]"
    )
}
