//! Settings: the configuration file and the environment, checked and merged into effective values.

mod effective;

pub use effective::{
    EndpointSettings, GatewaySettings, HeartbeatSettings, LoggingSettings, NotificationSettings,
    ReconnectionSettings, Settings, TlsSettings,
};
