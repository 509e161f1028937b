//! How messages are put into bytes and read: by `prost`, except that a message nested deeper than it
//! follows is the sender's mistake and is told so.

use crate::limits::LimitExceeded;
use crate::v1::ErrorReason;
use prost::Message;
use std::collections::HashMap;
use tonic::codec::{BufferSettings, DecodeBuf};
use tonic::{Code, Status};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The end of what `prost` says of a message that is nested too deeply.
const TOO_DEEP: &str = "recursion limit reached";

/// The codec of every call.
#[derive(Debug)]
pub struct Codec<T, U>(ProstCodec<T, U>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(ProstCodec::default())
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = Decoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        self.0.encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        Decoder(self.0.decoder())
    }
}

/// Reads messages.
#[derive(Debug)]
pub struct Decoder<U>(ProstDecoder<U>);

impl<U: Message + Default> tonic::codec::Decoder for Decoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        self.0.decode(bytes).map_err(explained)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// Only filters can be nested without end.
fn explained(status: Status) -> Status {
    if !status.message().ends_with(TOO_DEEP) {
        return status;
    }
    let mut details = ErrorDetails::with_error_info(
        ErrorReason::LimitExceeded.name(),
        crate::ERROR_DOMAIN,
        HashMap::new(),
    );
    let message = LimitExceeded::FilterDepth.to_string();
    details.add_bad_request_violation("filter", &message);
    Status::with_error_details(Code::InvalidArgument, message, details)
}
