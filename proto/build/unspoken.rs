//! What messages show of themselves where they are formatted: numbers, switches and the words of the contract, and no
//! text. That may be of a person, a secret, or whatever somebody has sent in the place of something else.
//! Must never know what a call does with a message.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet, MessageOptions};

const PACKAGE: &str = "provost.identity.v1";
/// Has a sentence in it.
const STATUS: &str = ".google.rpc.Status";
/// Something of a person, be it a text, a number or a day. Only of which kind it is, is shown.
const VALUE: &str = "Value";

/// Messages that have a text, and the forms that are theirs in the place of derived ones.
pub struct Unspoken {
    /// The messages, by their full names.
    pub messages: Vec<String>,
    /// Implementations of `Debug`.
    pub forms: String,
}

/// Those of the contract.
pub fn unspoken(contract: &FileDescriptorSet) -> Unspoken {
    let files = contract.file.iter().filter(|file| file.package() == PACKAGE);
    let with_text = files.flat_map(|file| &file.message_type).filter(|message| has_text(message));
    let (messages, forms) = with_text
        .map(|message| (format!(".{PACKAGE}.{}", message.name()), forms(message, "crate::v1")))
        .unzip::<_, _, Vec<_>, Vec<_>>();
    Unspoken { messages, forms: forms.concat() }
}

/// Whether a message has a text, or one that is declared within it; the generator knows both by one name.
fn has_text(message: &DescriptorProto) -> bool {
    message.field.iter().any(is_text) || message.nested_type.iter().any(has_text)
}

fn is_text(field: &FieldDescriptorProto) -> bool {
    matches!(field.r#type(), Type::String | Type::Bytes) || field.type_name() == STATUS
}

/// A map is told by the message that is declared for its entries.
fn is_map(message: &DescriptorProto, field: &FieldDescriptorProto) -> bool {
    let entries = message.nested_type.iter().filter(|nested| is_entry(nested));
    let mut names = entries.map(|entry| format!(".{}", entry.name()));
    names.any(|name| field.type_name().ends_with(&name))
}

fn is_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(MessageOptions::map_entry)
}

/// The forms of a message, of its choices and of what is declared within it.
fn forms(message: &DescriptorProto, module: &str) -> String {
    let (name, own) = (message.name(), format!("{module}::{}", snake(message.name())));
    let is_shown = |field: &&FieldDescriptorProto| {
        !is_of_choice(field) && !is_text(field) && !is_map(message, field)
    };
    let shown = message.field.iter().filter(is_shown);
    let mut shown: Vec<_> = shown
        .map(|field| format!(".field(\"{}\", &self.{})", field.name(), value(field)))
        .collect();
    let mut forms = Vec::new();
    for (index, choice) in (0_i32..).zip(&message.oneof_decl) {
        let of_it =
            |field: &&FieldDescriptorProto| is_of_choice(field) && field.oneof_index == Some(index);
        let variants: Vec<_> = message.field.iter().filter(of_it).collect();
        if !variants.is_empty() {
            let choice = choice.name();
            shown.push(format!(".field(\"{choice}\", &self.{choice})"));
            let is_hidden = |field: &_| name == VALUE || is_text(field);
            forms.push(form_of_choice(&format!("{own}::{}", camel(choice)), &variants, is_hidden));
        }
    }
    let shown = shown.concat();
    let body = format!("f.debug_struct(\"{name}\"){shown}.finish_non_exhaustive()");
    forms.push(implemented(&format!("{module}::{name}"), &body));
    let nested = message.nested_type.iter().filter(|nested| !is_entry(nested));
    forms.extend(nested.map(|nested| self::forms(nested, &own)));
    forms.concat()
}

/// Whether it is one of several of which a message has one.
fn is_of_choice(field: &FieldDescriptorProto) -> bool {
    field.oneof_index.is_some() && !field.proto3_optional()
}

/// What is shown of a field: the word of an enum where there is one.
fn value(field: &FieldDescriptorProto) -> String {
    let is_word = field.r#type() == Type::Enum
        && field.label() != Label::Repeated
        && !field.proto3_optional();
    let end = if is_word { "()" } else { "" };
    format!("{}{end}", field.name())
}

fn form_of_choice(
    path: &str,
    variants: &[&FieldDescriptorProto],
    is_hidden: impl Fn(&FieldDescriptorProto) -> bool,
) -> String {
    let arm = |field: &&FieldDescriptorProto| {
        let name = camel(field.name());
        if is_hidden(field) {
            format!("Self::{name}(_) => f.write_str(\"{name}(…)\"),")
        } else {
            format!("Self::{name}(it) => f.debug_tuple(\"{name}\").field(it).finish(),")
        }
    };
    let arms: Vec<_> = variants.iter().map(arm).collect();
    implemented(path, &format!("match self {{ {} }}", arms.concat()))
}

fn implemented(path: &str, body: &str) -> String {
    format!(
        "impl std::fmt::Debug for {path} {{
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ {body} }}
        }}\n"
    )
}

/// `CreateUserRequest` as a module is called.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// `user_name` as a variant is called.
fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}
