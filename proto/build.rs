//! Compiles the contract with protox, so that nobody has to install protoc.

#[path = "build/unspoken.rs"]
mod unspoken;

use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    DescriptorProto, FileDescriptorSet, MethodDescriptorProto, MethodOptions,
    ServiceDescriptorProto,
};

/// The type of the field by which a request says that it writes.
const WRITE_OPTIONS: &str = ".provost.identity.v1.WriteOptions";

const FILES: [&str; 7] = [
    "provost/identity/v1/group_service.proto",
    "provost/identity/v1/user_service.proto",
    "provost/identity/v1/site_service.proto",
    "provost/identity/v1/ledger_service.proto",
    "provost/identity/v1/access_service.proto",
    "provost/identity/v1/operations_service.proto",
    "provost/identity/v1/session_service.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=provost");
    println!("cargo:rerun-if-changed=google");
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    // Encoded by the compiler: the types of `prost` would drop `field_behavior`.
    std::fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    std::fs::write(out.join("rpc_requests.rs"), rpc_requests(&compiler.file_descriptor_set()))?;
    let unspoken = unspoken::unspoken(&compiler.file_descriptor_set());
    std::fs::write(out.join("unspoken.rs"), unspoken.forms)?;
    tonic_prost_build::configure()
        .btree_map(".")
        .skip_debug(unspoken.messages)
        .enum_attribute("ErrorReason", words("SCREAMING_SNAKE_CASE"))
        .enum_attribute("Role", words("PascalCase"))
        .enum_attribute("DirectoryStatus", words("snake_case"))
        .enum_attribute("CreationPolicy", words("snake_case"))
        .enum_attribute("KnownUserPolicy", words("snake_case"))
        .enum_attribute("DeletionPolicy", words("snake_case"))
        .enum_attribute("RefusalPolicy", words("snake_case"))
        .enum_attribute("StatusAuthority", words("snake_case"))
        .enum_attribute("ConnectionDialect", words("snake_case"))
        .enum_attribute("Outcome", words("snake_case"))
        .enum_attribute("Permission", words("snake_case"))
        .enum_attribute("DatabaseKind", words("lowercase"))
        .enum_attribute("CredentialKind", words("snake_case"))
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .extern_path(".provost.identity.v1.EventBatch", "crate::v1::EventBatch")
        .codec_path("crate::codec::Codec")
        .build_transport(false)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// What every request says of itself: `RpcRequest` for the message of each RPC.
fn rpc_requests(contract: &FileDescriptorSet) -> String {
    let messages: Vec<_> = contract.file.iter().flat_map(|file| &file.message_type).collect();
    let services = contract.file.iter().flat_map(|file| &file.service);
    let rpcs = services.flat_map(|service| service.method.iter().map(move |rpc| (service, rpc)));
    let one = |(service, rpc): (&ServiceDescriptorProto, &MethodDescriptorProto)| {
        let level = rpc.options.as_ref().map(MethodOptions::idempotency_level);
        let reads = level == Some(IdempotencyLevel::NoSideEffects);
        let (service, rpc, request) = (service.name(), rpc.name(), rpc.input_type());
        let name = request.rsplit('.').next().unwrap_or_default();
        let message = messages.iter().find(|message| message.name() == name);
        let writes = message.is_some_and(|message| {
            message.field.iter().any(|field| field.type_name() == WRITE_OPTIONS)
        });
        let options = if writes { "self.options.as_ref()" } else { "None" };
        let site = message.map_or("None", |message| site(message));
        format!(
            "impl crate::RpcRequest for crate::v1::{name} {{
                const RPC: &'static str = \"{service}/{rpc}\";
                const READS: bool = {reads};
                fn options(&self) -> Option<&crate::v1::WriteOptions> {{ {options} }}
                fn site(&self) -> Option<&str> {{ {site} }}
            }}"
        )
    };
    rpcs.map(one).collect()
}

/// What finds the name of the one site that a request is about.
fn site(message: &DescriptorProto) -> &'static str {
    // What is one of several is no field of its own.
    let fields = message.field.iter().filter(|field| field.oneof_index.is_none());
    let has = |name: &str| fields.clone().any(|field| field.name() == name);
    match (has("site"), has("sites"), has("installation")) {
        (true, _, false) => "Some(&self.site)",
        (true, _, true) => "(!self.installation).then_some(&*self.site)",
        (false, true, _) => "match &*self.sites { [one] => Some(one), _ => None }",
        (false, false, _) => "None",
    }
}

/// Derives for an enum whose words people read: its values, each with its word, and back.
fn words(case: &str) -> String {
    format!(
        "#[derive(strum::EnumIter, strum::IntoStaticStr, strum::EnumString)]\
         #[strum(serialize_all = \"{case}\")]"
    )
}
