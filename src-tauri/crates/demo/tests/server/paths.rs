//! What each path sends by itself and what a client may ask of it.

use std::{collections::BTreeSet, time::Duration};

use demo::{DemoOptions, DemoPath};
use serde_json::{Value, json};

use crate::client::{Demo, loopback};

#[tokio::test]
async fn monitoring_sends_its_fields_at_the_top_level() {
    let demo = Demo::start().await;
    let status = demo.connect("/api/monitoring/ws").await.next().await;
    assert_eq!(status["type"], "system_status");
    assert_eq!(status["simulated"], true);
    for field in ["ai_models", "data_sources", "database", "stats", "agent_running", "timestamp"] {
        assert!(!status[field].is_null(), "{field}");
    }
}

#[tokio::test]
async fn market_data_sends_only_subscribed_symbols() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws/market_data").await;
    assert!(client.hears_nothing_for(Duration::from_millis(100)).await, "nothing before a subscription");

    client.say(json!({"action": "subscribe", "symbols": ["BTC"]})).await;
    assert_eq!(client.next().await["data"]["symbols"], json!(["BTC"]));
    for _ in 0..3 {
        let update = client.next().await;
        assert_eq!((&update["type"], &update["data"]["symbol"]), (&json!("price_update"), &json!("BTC")));
        assert!(update["source"].is_string() && update["data"]["price"].as_f64() > Some(0.0));
    }

    client.say(json!({"action": "subscribe", "symbols": ["eth"]})).await;
    assert_eq!(client.next_of("subscribed").await["data"]["symbols"], json!(["BTC", "ETH"]));
    client.say(json!({"action": "unsubscribe", "symbols": ["BTC"]})).await;
    assert_eq!(client.next_of("subscribed").await["data"]["symbols"], json!(["ETH"]));
    for _ in 0..3 {
        assert_eq!(client.next().await["data"]["symbol"], "ETH");
    }
}

#[tokio::test]
async fn get_all_sends_every_symbol_once_without_a_subscription() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws/market_data").await;
    client.say(json!({"action": "get_all"})).await;
    let mut symbols = BTreeSet::new();
    for _ in 0..10 {
        let update = client.next().await;
        symbols.insert(update["data"]["symbol"].as_str().expect("a symbol").to_owned());
    }
    assert_eq!(symbols.len(), 10);
    assert!(client.hears_nothing_for(Duration::from_millis(100)).await);
}

#[tokio::test]
async fn a_news_filter_lets_only_matching_stories_through() {
    let demo = Demo::with(DemoOptions { listen: loopback(), seed: Some(1), pace: 0.002 }).await;
    let mut client = demo.connect("/ws/news").await;
    assert_eq!(client.next().await["type"], "news", "all news without a filter");
    client.say(json!({"action": "filter", "keywords": ["BITCOIN"]})).await;
    assert_eq!(client.next_of("filtered").await["data"]["keywords"], json!(["bitcoin"]));
    for _ in 0..4 {
        let story = client.next().await;
        let words = format!("{} {}", story["data"]["title"], story["data"]["description"]).to_lowercase();
        assert!(words.contains("bitcoin"), "{words}");
    }
}

#[tokio::test]
async fn sentiment_comes_at_once_and_then_again() {
    let demo = Demo::with(DemoOptions { listen: loopback(), seed: Some(1), pace: 1.0 }).await;
    let first = demo.connect("/ws/sentiment").await.next().await;
    assert_eq!(first["type"], "sentiment_update", "without waiting 60 s");

    let quick = Demo::start().await;
    let mut client = quick.connect("/ws/sentiment").await;
    assert_eq!(client.next().await["type"], "sentiment_update");
    assert_eq!(client.next().await["type"], "sentiment_update");
}

#[tokio::test]
async fn model_status_lists_the_models() {
    let demo = Demo::start().await;
    let status = demo.connect("/ws/huggingface").await.next().await;
    assert_eq!(status["type"], "models_status");
    assert_eq!(status["data"]["total"], status["data"]["models"].as_array().expect("a list").len());
}

#[tokio::test]
async fn every_path_answers_both_kinds_of_ping() {
    let demo = Demo::start().await;
    for path in DemoPath::ALL {
        let mut client = demo.connect(path.as_str()).await;
        client.pong(b"are you there").await;
        client.say(json!({"type": "ping", "id": 7})).await;
        let pong = client.next_of("pong").await;
        assert_eq!((&pong["id"], &pong["simulated"]), (&json!(7), &json!(true)), "{path}");
    }
}

#[tokio::test]
async fn all_subscribers_of_a_feed_see_one_sequence() {
    let demo = Demo::start().await;
    let (mut one, mut other) = (demo.connect("/ws/huggingface").await, demo.connect("/ws/huggingface").await);
    let first = other.next().await;
    while one.next().await != first {}
    for _ in 0..3 {
        assert_eq!(one.next().await, other.next().await);
    }
}

/// Prices of one symbol from two servers overlap from the later one's beginning on.
#[tokio::test]
async fn servers_of_the_same_seed_send_the_same_sequence_and_of_another_seed_another() {
    let prices = async |seed: u64| {
        let demo = Demo::with(DemoOptions { listen: loopback(), seed: Some(seed), pace: 0.02 }).await;
        let mut client = demo.connect("/ws/market_data").await;
        client.say(json!({"action": "subscribe", "symbols": ["BTC"]})).await;
        let mut prices: Vec<Value> = Vec::new();
        while prices.len() < 100 {
            let update = client.next_of("price_update").await;
            prices.push(json!([update["data"]["price"], update["data"]["volume_24h"]]));
        }
        prices
    };
    let (one, same, other) = tokio::join!(prices(5), prices(5), prices(6));
    let offset = |long: &[Value], short: &[Value]| long.iter().position(|price| *price == short[0]);
    let (long, short, at) = match (offset(&one, &same), offset(&same, &one)) {
        (Some(at), _) => (&one, &same, at),
        (None, Some(at)) => (&same, &one, at),
        (None, None) => panic!("no overlap: {one:?} {same:?}"),
    };
    assert_eq!(long[at..], short[..long.len() - at]);
    assert!(!other.iter().any(|price| one.contains(price)));
}
