//! Settings for the demo server: its six feeds, nothing to configure.

use std::{net::SocketAddr, time::Duration};

use dial::ProxyChoice;
use link::CloseCodes;
use url::Url;

use super::{
    BufferSettings, EndpointSettings, HeartbeatSettings, ReconnectionSettings, Settings, TlsSettings,
};

/// Id, name, path, first message.
const FEEDS: [(&str, &str, &str, Option<&str>); 6] = [
    ("monitoring", "System monitoring", "/api/monitoring/ws", None),
    (
        "market",
        "Market data",
        "/ws/market_data",
        Some(r#"{"action":"subscribe","symbols":["BTC","ETH","SOL"]}"#),
    ),
    ("news", "News", "/ws/news", None),
    ("sentiment", "Sentiment", "/ws/sentiment", None),
    ("models", "AI models", "/ws/huggingface", None),
    ("hub", "Hub", "/ws", None),
];

impl Settings {
    /// The six endpoints of a demo server at `address`; everything else as without a file.
    pub fn demo(address: SocketAddr) -> Self {
        let feed = |(priority, (id, name, path, first)): (u32, (&str, &str, &str, Option<&str>))| {
            let url = Url::parse(&format!("ws://{address}{path}")).ok()?;
            Some(EndpointSettings {
                id: id.parse().ok()?,
                name: name.to_owned(),
                url,
                fallback_urls: Vec::new(),
                priority,
                enabled: true,
                auth: None,
                headers: Vec::new(),
                subprotocols: Vec::new(),
                tls: TlsSettings::default(),
                proxy: ProxyChoice::Direct,
                close_codes: CloseCodes::new(),
                on_connect: first.map(str::to_owned).into_iter().collect(),
                // Quick, so that a fault that is staged shows at once.
                heartbeat: HeartbeatSettings {
                    interval: Duration::from_secs(5),
                    timeout: Duration::from_secs(10),
                    ..HeartbeatSettings::default()
                },
                reconnection: ReconnectionSettings::default(),
                connection_timeout: Duration::from_secs(15),
                buffer: BufferSettings::default(),
                envelope: false,
                single_session: false,
                health_url: None,
            })
        };
        Self { endpoints: (1..).zip(FEEDS).filter_map(feed).collect(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_its_six_feeds_in_order() {
        for address in ["127.0.0.1:7860", "[::1]:9"] {
            let settings = Settings::demo(address.parse().unwrap());
            let ids: Vec<&str> = settings.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
            assert_eq!(ids, ["monitoring", "market", "news", "sentiment", "models", "hub"]);
            assert_eq!(settings.endpoints[1].url.as_str(), format!("ws://{address}/ws/market_data"));
            let subscribe: serde_json::Value =
                serde_json::from_str(&settings.endpoints[1].on_connect[0]).unwrap();
            assert_eq!(subscribe["symbols"], serde_json::json!(["BTC", "ETH", "SOL"]));
            assert_eq!(settings.endpoints[5].priority, 6);
            assert!(!settings.gateway.listen_configured);
        }
    }
}
