//! The front door: SCIM 2.0 in, `provost.identity.v1` out.

pub mod scim;
