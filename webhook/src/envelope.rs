//! The envelope, parsed before the object in it, so that the uid of the answer is never lost. The object stays raw
//! JSON: a typed round trip would drop what this build does not know.
//!
//! The fields are those of `admission.k8s.io/v1`
//! (<https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response>).

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const API_VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewIn<'a> {
    api_version: String,
    kind: String,
    #[serde(borrow)]
    request: Option<AdmissionRequest<'a>>,
}

/// The part of the request that is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionRequest<'a> {
    /// Identifies the request; the answer repeats it.
    pub uid: String,
    /// Kind of the object.
    pub kind: GroupVersionKind,
    /// Set for a part of the object, such as `status`.
    #[serde(default)]
    pub sub_resource: Option<String>,
    /// Namespace of the object.
    #[serde(default)]
    pub namespace: Option<String>,
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub operation: String,
    /// The object, raw. Absent when it is deleted.
    #[serde(borrow, default)]
    pub object: Option<&'a RawValue>,
}

/// Kind of an object.
#[derive(Clone, Debug, Deserialize)]
pub struct GroupVersionKind {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
}

/// The body is no `AdmissionReview` that can be answered. The message quotes nothing of it, for it may hold secrets.
#[derive(Debug, PartialEq, Eq)]
pub enum MalformedReview {
    /// It is no JSON, or not of the shape of an `AdmissionReview`.
    Json {
        /// What is wrong, in general.
        problem: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// It is of another kind or version.
    OtherKind,
    /// It has no request.
    NoRequest,
    /// The request has no uid.
    NoUid,
}

impl fmt::Display for MalformedReview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { problem, line, column } => write!(
                f,
                "the body is no AdmissionReview: {problem} at line {line}, column {column}; expected {API_VERSION} {KIND} as JSON"
            ),
            Self::OtherKind => write!(f, "apiVersion and kind of the body: expected {API_VERSION} {KIND}"),
            Self::NoRequest => write!(f, "request: missing from the {KIND}"),
            Self::NoUid => write!(f, "request.uid: found an empty string, expected the request's uid"),
        }
    }
}

/// Reads the request from a body.
pub(crate) fn parse(body: &[u8]) -> Result<AdmissionRequest<'_>, MalformedReview> {
    let review: ReviewIn<'_> = serde_json::from_slice(body).map_err(|error| MalformedReview::Json {
        problem: match error.classify() {
            serde_json::error::Category::Data => "a field is missing or of the wrong type",
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it is no JSON",
        },
        line: error.line(),
        column: error.column(),
    })?;
    if review.api_version != API_VERSION || review.kind != KIND {
        return Err(MalformedReview::OtherKind);
    }
    let request = review.request.ok_or(MalformedReview::NoRequest)?;
    if request.uid.is_empty() {
        return Err(MalformedReview::NoUid);
    }
    Ok(request)
}

/// An answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionResponse {
    uid: String,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Status {
    code: u16,
    reason: &'static str,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewOut<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: &'a AdmissionResponse,
}

impl AdmissionResponse {
    /// The object may pass as it is.
    #[must_use]
    pub fn allow(uid: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            allowed: true,
            status: None,
            patch: None,
            patch_type: None,
            warnings: Vec::new(),
        }
    }

    /// The object is refused as invalid.
    #[must_use]
    pub fn deny(uid: &str, message: String) -> Self {
        let status = Status { code: 422, reason: "Invalid", message };
        Self { allowed: false, status: Some(status), ..Self::allow(uid) }
    }

    /// Adds a patch: the JSON text of one after RFC 6902.
    #[must_use]
    pub fn with_patch(mut self, patch: &[u8]) -> Self {
        self.patch = Some(BASE64_STANDARD.encode(patch));
        self.patch_type = Some("JSONPatch");
        self
    }

    /// Adds a warning, which `kubectl` shows to the user. It is cut at 256 bytes, the API server's own limit.
    #[must_use]
    pub fn with_warning(mut self, code: &str, message: &impl fmt::Display) -> Self {
        let mut warning = format!("jmx-injector: {code}: {message}");
        if warning.len() > 256 {
            warning.truncate(warning.floor_char_boundary(253));
            warning.push_str("...");
        }
        self.warnings.push(warning);
        self
    }

    /// Whether the object may pass.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.allowed
    }

    /// The `AdmissionReview` with this answer.
    pub(crate) fn to_review(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&ReviewOut { api_version: API_VERSION, kind: KIND, response: self })
    }
}
