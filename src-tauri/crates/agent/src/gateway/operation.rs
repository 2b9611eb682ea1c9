//! One thing a program can ask of the gateway: how it is reached, what it takes, what it answers, and who handles it.
//! The router and the OpenAPI document are both made from these, so neither can know a route that the other does not.

use axum::{
    handler::Handler,
    routing::{MethodFilter, MethodRouter},
};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::desk::Desk;

/// A shape: its schema, with what it refers to added to the generator.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// For a body whose every field has a default: the document describes what is written, and would ask for all of them.
pub(super) fn may_be_left_out(schema: &mut Schema) {
    schema.remove("required");
}

/// What a body or an answer holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    pub(super) content_type: &'static str,
    pub(super) shape: Shape,
}

/// An answer that is no refusal.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) about: &'static str,
    pub(super) payload: Option<Payload>,
}

/// A request header that means something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heeded {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) pattern: &'static str,
}

/// See the module's words.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// Name of the operation, unique.
    pub(super) id: &'static str,
    pub(super) about: &'static str,
    /// Whether it needs no token.
    pub(super) public: bool,
    pub(super) query: Option<Shape>,
    /// Request headers that mean something.
    pub(super) headers: Vec<Heeded>,
    pub(super) takes: Vec<Payload>,
    /// Whether it cannot do without one of those.
    pub(super) needs_body: bool,
    pub(super) answers: Vec<Answer>,
    /// Statuses of refusals, beside those that every operation has.
    pub(super) refusals: Vec<u16>,
    handler: MethodRouter<Desk>,
}

impl Operation {
    /// `path` with `{names}`; `about` in one sentence.
    pub(super) fn new<H, T>(
        method: Method,
        path: &'static str,
        id: &'static str,
        about: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Desk>,
        T: 'static,
    {
        // The methods of this API are all among the known ones.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Self {
            method,
            path,
            id,
            about,
            public: false,
            query: None,
            headers: Vec::new(),
            takes: Vec::new(),
            needs_body: true,
            answers: Vec::new(),
            refusals: Vec::new(),
            handler: MethodRouter::new().on(filter, handler),
        }
    }

    /// It needs no token.
    pub(super) fn public(self) -> Self {
        Self { public: true, ..self }
    }

    /// Its query; every field of `T` is a parameter.
    pub(super) fn asks<T: JsonSchema>(self) -> Self {
        Self { query: Some(|generator| T::json_schema(generator)), ..self }
    }

    /// A request header that means something.
    pub(super) fn heeds(mut self, header: Heeded) -> Self {
        self.headers.push(header);
        self
    }

    /// A body it takes.
    pub(super) fn takes<T: JsonSchema>(mut self, content_type: &'static str) -> Self {
        self.takes.push(Payload { content_type, shape: SchemaGenerator::subschema_for::<T> });
        self
    }

    /// It does without a body too.
    pub(super) fn or_nothing(self) -> Self {
        Self { needs_body: false, ..self }
    }

    /// Answers with JSON of this shape.
    pub(super) fn answers<T: JsonSchema>(self, status: u16, about: &'static str) -> Self {
        self.streams::<T>(status, "application/json", about)
    }

    /// Answers with something else than JSON.
    pub(super) fn streams<T: JsonSchema>(
        mut self,
        status: u16,
        content_type: &'static str,
        about: &'static str,
    ) -> Self {
        let payload = Some(Payload { content_type, shape: SchemaGenerator::subschema_for::<T> });
        self.answers.push(Answer { status, about, payload });
        self
    }

    /// Answers without a body.
    pub(super) fn becomes(mut self, status: u16, about: &'static str) -> Self {
        self.answers.push(Answer { status, about, payload: None });
        self
    }

    /// May be refused so.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refusals.extend(statuses);
        self
    }

    /// Where it is, and who handles it.
    pub(super) fn route(self) -> (&'static str, MethodRouter<Desk>) {
        (self.path, self.handler)
    }

    /// The names in its path.
    pub(super) fn path_names(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}
