//! The yardsticks of the road: the real gateway and the real contract in front of a core that
//! answers every question with the same real user, and so costs nothing.

use crate::outcome::Outcome;
use crate::person::Person;
use axum::Router;
use clap::Args;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use provost::config::Config;
use provost::serve::{Shape, incoming};
use provost::{runtime, telemetry};
use provost_proto::v1;
use provost_proto::v1::user_service_server::{UserService, UserServiceServer};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::{Request, Response, Status, async_trait};

/// Where a yardstick sends its traces.
#[derive(Args)]
pub struct Place {
    /// An OTLP receiver.
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
pub fn serve(place: &Place) -> Outcome {
    runtime(place, async {
        let settings = provost_gateway::Settings {
            body_limit: 1 << 20,
            rpc_timeout: Duration::from_secs(10),
            public_url: String::new(),
            hosts: BTreeMap::new(),
        };
        let router = provost_gateway::router(Routes::new(fixed()).prepare(), settings);
        http(listener().await?, router).await
    })
}

/// The core alone.
pub fn core(place: &Place) -> Outcome {
    runtime(place, async {
        let incoming = incoming(listener().await?);
        let server = tonic::transport::Server::builder().add_routes(Routes::new(fixed()));
        Ok(server.serve_with_incoming(incoming).await?)
    })
}

/// The runtime and the telemetry of `provost` itself.
fn runtime(place: &Place, work: impl Future<Output = Outcome>) -> Outcome {
    let mut config = Config::embedded()?;
    config.telemetry.otlp_endpoint.clone_from(&place.otlp);
    config.telemetry.sample_ratio = place.sample_ratio;
    let shape = if place.shares_cores { Shape::Core } else { Shape::Joined };
    runtime::of_service(shape, &config)?.block_on(async {
        let guard = telemetry::start(&config.log, &config.telemetry);
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

/// The same stack as the listener of `provost` (`src/serve/http.rs`).
async fn http(listener: TcpListener, router: Router) -> Outcome {
    let head_timeout = Duration::from_secs(75);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_timeout);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(router.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        tokio::spawn(async move {
            // A load generator that goes away in the middle of an answer is no news.
            let _ = connection.await;
        });
    }
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
