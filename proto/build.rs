//! Compiles the contract with protox, so that nobody has to install protoc.

use prost::Message as _;

const FILES: [&str; 2] =
    ["provost/identity/v1/user_service.proto", "provost/identity/v1/site_service.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=provost");
    let descriptors = protox::compile(FILES, ["."])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .btree_map(".")
        .enum_attribute("ErrorReason", words("SCREAMING_SNAKE_CASE"))
        .enum_attribute("Role", words("PascalCase"))
        .enum_attribute("DirectoryStatus", words("snake_case"))
        .enum_attribute("CreationPolicy", words("snake_case"))
        .enum_attribute("DeletionPolicy", words("snake_case"))
        .enum_attribute("RefusalPolicy", words("snake_case"))
        .codec_path("crate::codec::Codec")
        .build_transport(false)
        .compile_fds(descriptors)?;
    Ok(())
}

/// Derives for an enum whose words people read: its values, each with its word, and back.
fn words(case: &str) -> String {
    format!(
        "#[derive(strum::EnumIter, strum::IntoStaticStr, strum::EnumString)]\
         #[strum(serialize_all = \"{case}\")]"
    )
}
