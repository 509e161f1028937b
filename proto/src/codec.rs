//! How messages are put into bytes and read: by `prost`, from a slice of memory, and a message
//! nested deeper than it follows is the sender's mistake and is told so.

use crate::limits::LimitExceeded;
use crate::v1::ErrorReason;
use prost::bytes::Buf as _;
use prost::{DecodeError, Message};
use std::collections::HashMap;
use std::marker::PhantomData;
use tonic::codec::{BufferSettings, DecodeBuf, EncodeBuf};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The end of what `prost` says of a message that is nested too deeply.
const TOO_DEEP: &str = "recursion limit reached";

/// How much memory the message of a call begins with, on each side, in bytes: a user needs less, and
/// what is larger gets more. `tonic` would give 8 KiB, of which a request through the gateway has four.
const BUFFER: usize = 2048;
/// From how many bytes on the messages of a stream are sent, in bytes: as `tonic` does.
const SENT_FROM: usize = 32 * 1024;

/// The codec of every call.
#[derive(Debug)]
pub struct Codec<T, U>(PhantomData<fn(T) -> U>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = Encoder<T>;
    type Decoder = Decoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        Encoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        Decoder(PhantomData)
    }
}

/// Writes messages.
#[derive(Debug)]
pub struct Encoder<T>(PhantomData<fn(T)>);

impl<T: Message> tonic::codec::Encoder for Encoder<T> {
    type Item = T;
    type Error = Status;

    /// Into a buffer that grows, so it is not measured before whether there is room: that would look
    /// through the whole message once more.
    fn encode(&mut self, message: T, bytes: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode_raw(bytes);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, SENT_FROM)
    }
}

/// Reads messages.
#[derive(Debug)]
pub struct Decoder<U>(PhantomData<fn() -> U>);

impl<U: Message + Default> tonic::codec::Decoder for Decoder<U> {
    type Item = U;
    type Error = Status;

    /// From a slice, because `prost` looks at what kind of buffer it has for each number and text.
    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let message = bytes.copy_to_bytes(bytes.remaining());
        U::decode(&*message).map(Some).map_err(|error| explained(&error))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, SENT_FROM)
    }
}

/// Only filters can be nested without end.
fn explained(error: &DecodeError) -> Status {
    let problem = error.to_string();
    if !problem.ends_with(TOO_DEEP) {
        return Status::internal(problem);
    }
    let exceeded = LimitExceeded::FilterDepth;
    let metadata = [("attribute", "filter".to_owned()), ("limit", exceeded.limit().to_string())];
    let metadata: HashMap<_, _> = metadata.map(|(key, value)| (key.to_owned(), value)).into();
    let name = ErrorReason::LimitExceeded.name();
    let mut details = ErrorDetails::with_error_info(name, crate::ERROR_DOMAIN, metadata);
    let message = exceeded.to_string();
    details.add_bad_request_violation("filter", &message);
    Status::with_error_details(Code::InvalidArgument, message, details)
}
