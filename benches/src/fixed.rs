//! The yardsticks of the road: the real listeners, gateway and contract in front of a core that
//! answers every question with the same real user, and so costs nothing.

use crate::outcome::Outcome;
use crate::person::Person;
use clap::Args;
use provost::config::Config;
use provost::mode::Mode;
use provost::serve::{Entrance, Layers, grpc, http};
use provost::shutdown::on_signal;
use provost::{runtime, telemetry};
use provost_core::CoreHealth;
use provost_proto::v1;
use provost_proto::v1::user_service_server::{UserService, UserServiceServer};
use provost_telemetry::Meters;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::{Request, Response, Status, async_trait};

/// What a yardstick has in common with the service that it stands beside.
#[derive(Args)]
pub struct Settings {
    /// An OTLP receiver, where traces go.
    #[arg(long)]
    otlp: String,
    /// The share of traces that is sent.
    #[arg(long)]
    sample_ratio: f64,
    /// Whether the other half of the service has the other half of the cores.
    #[arg(long)]
    shares_cores: bool,
}

/// How a yardstick says where it listens.
pub const LISTENING: &str = "listening on ";

/// Gateway and core in one process, joined as `provost serve` joins them.
pub fn serve(settings: &Settings) -> Outcome {
    runtime(settings, async {
        let gateway = provost_gateway::GatewaySettings {
            body_limit: 1 << 20,
            rpc_timeout: Duration::from_secs(10),
            core: String::new(),
            public_url: String::new(),
            hosts: BTreeMap::new(),
            users: provost_gateway::translate::Vocabulary::user(),
            groups: provost_gateway::translate::Vocabulary::group(),
        };
        let router = provost_gateway::router(
            Routes::new(fixed()).prepare(),
            gateway,
            &Meters::uncollected(),
        );
        let layers = Layers::behind(telemetry::http_spans(
            &config(settings)?.telemetry,
            &Meters::uncollected(),
            "http",
        ));
        let (socket, stop) = (listener().await?, on_signal()?.now);
        Ok(http::HttpServer::of_scim(Entrance::new(socket, None), router, layers, 0, stop)
            .drained()
            .await?)
    })
}

/// The core alone.
pub fn core(settings: &Settings) -> Outcome {
    runtime(settings, async {
        let (socket, routes) = (listener().await?, Routes::new(fixed()));
        let layers = Layers::behind(telemetry::grpc_spans(
            &config(settings)?.telemetry,
            &Meters::uncollected(),
        ));
        let (_, health) = tokio::sync::watch::channel(CoreHealth::GOOD);
        let server = grpc::GrpcServer::start(
            Entrance::new(socket, None),
            routes,
            health,
            layers,
            on_signal()?.now,
        );
        Ok(server.await.drained().await?)
    })
}

fn config(settings: &Settings) -> Outcome<Config> {
    let mut config = Config::embedded()?;
    config.telemetry.otlp_endpoint.clone_from(&settings.otlp);
    config.telemetry.sample_ratio = settings.sample_ratio;
    // As the service is measured.
    "warn".clone_into(&mut config.log.level);
    Ok(config)
}

/// The runtime and the telemetry of `provost` itself.
fn runtime(settings: &Settings, work: impl Future<Output = Outcome>) -> Outcome {
    let config = config(settings)?;
    let mode = if settings.shares_cores { Mode::Core } else { Mode::AllInOne };
    runtime::of_service(mode, &config)?.block_on(async {
        let guard = telemetry::start(&config.log, &config.telemetry, mode)?;
        let outcome = work.await;
        guard.flush().await;
        outcome
    })
}

async fn listener() -> Outcome<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("{LISTENING}{}", listener.local_addr()?);
    Ok(listener)
}

fn fixed() -> UserServiceServer<Fixed> {
    UserServiceServer::new(Fixed { user: Person::new(4711).user(USER_ID) })
}

/// Who is always answered.
pub const USER_ID: &str = "0198c5a0-6f3e-7c1d-9b52-3f8e4a6d2c10";

struct Fixed {
    user: v1::User,
}

impl Fixed {
    fn decision(&self) -> v1::Decision {
        v1::Decision {
            user: Some(self.user.clone()),
            changed: true,
            notices: Vec::new(),
            revision: 1,
        }
    }
}

macro_rules! not_measured {
    ($($name:ident($request:ident) -> $response:ident;)*) => {
        #[async_trait]
        impl UserService for Fixed {
            async fn check_token(
                &self,
                _: Request<v1::CheckTokenRequest>,
            ) -> Result<Response<v1::CheckTokenResponse>, Status> {
                Ok(Response::new(v1::CheckTokenResponse::default()))
            }

            async fn get_user(
                &self,
                _: Request<v1::GetUserRequest>,
            ) -> Result<Response<v1::GetUserResponse>, Status> {
                Ok(Response::new(v1::GetUserResponse { user: Some(self.user.clone()) }))
            }

            async fn change_user(
                &self,
                _: Request<v1::ChangeUserRequest>,
            ) -> Result<Response<v1::ChangeUserResponse>, Status> {
                let decision = Some(self.decision());
                Ok(Response::new(v1::ChangeUserResponse { decision }))
            }

            $(async fn $name(
                &self,
                _: Request<v1::$request>,
            ) -> Result<Response<v1::$response>, Status> {
                Err(Status::unimplemented("not measured"))
            })*
        }
    };
}

not_measured! {
    lookup_user(LookupUserRequest) -> LookupUserResponse;
    batch_get_users(BatchGetUsersRequest) -> BatchGetUsersResponse;
    batch_change_users(BatchChangeUsersRequest) -> BatchChangeUsersResponse;
    batch_write(BatchWriteRequest) -> BatchWriteResponse;
    list_users(ListUsersRequest) -> ListUsersResponse;
    register_sign_in(RegisterSignInRequest) -> RegisterSignInResponse;
    create_user(CreateUserRequest) -> CreateUserResponse;
    activate_user(ActivateUserRequest) -> ActivateUserResponse;
    deactivate_user(DeactivateUserRequest) -> DeactivateUserResponse;
    set_user_role(SetUserRoleRequest) -> SetUserRoleResponse;
    place_hold(PlaceHoldRequest) -> PlaceHoldResponse;
    lift_hold(LiftHoldRequest) -> LiftHoldResponse;
    delete_user(DeleteUserRequest) -> DeleteUserResponse;
}
