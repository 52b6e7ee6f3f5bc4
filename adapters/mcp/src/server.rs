//! The methods of the protocol.

use std::sync::Arc;

use axum::http::request::Parts;
use partitura_runtime::app::Call;
use partitura_runtime::identity::Identity;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, Extensions, Implementation, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::config::Described;
use crate::shared::Shared;
use crate::{call, resources};

/// One connection, or one request of HTTP.
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) caller: Caller,
}

/// Who calls.
pub(crate) enum Caller {
    /// The same for all of the connection.
    One(Identity),
    /// Each request says it: what stands around it has put it there.
    Request,
}

impl Server {
    fn call(&self, extensions: &Extensions) -> Call {
        match &self.caller {
            Caller::One(identity) => Call::by(identity.clone()),
            Caller::Request => {
                let parts = extensions.get::<Parts>().map(|parts| &parts.extensions);
                let call = parts.and_then(|parts| parts.get::<Call>().cloned());
                call.unwrap_or_else(|| {
                    Call::by(parts.and_then(|parts| parts.get::<Identity>().cloned()).unwrap_or_default())
                })
            }
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = match self.shared.config.describe {
            Described::Off => ServerCapabilities::builder().enable_tools().build(),
            _ => ServerCapabilities::builder().enable_tools().enable_resources().build(),
        };
        let app = &self.shared.app;
        let info =
            ServerConfig::new(capabilities).with_server_info(Implementation::new(app.name(), app.blueprint().version));
        match &self.shared.config.instructions {
            Some(text) => info.with_instructions(text),
            None => info,
        }
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared.tools.named(name).map(|tool| tool.shown.clone())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let identity = self.call(&context.extensions).identity;
        let tools = self.shared.tools.shown_to(&identity).map(|tool| tool.shown.clone());
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let call = self.call(&context.extensions);
        call::run(&self.shared, request, context, call).await.map(CallToolResponse::from)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let identity = self.call(&context.extensions).identity;
        Ok(ListResourcesResult::with_all_items(resources::list(&self.shared, &identity)))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates(&self.shared)))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let identity = self.call(&context.extensions).identity;
        match resources::read(&self.shared, &identity, &request.uri) {
            Ok(contents) => Ok(ReadResourceResult::new(vec![contents]).into()),
            // The protocol has a code of its own for it.
            Err(error) => Err(ErrorData::resource_not_found(error.public_message().to_owned(), None)),
        }
    }
}
