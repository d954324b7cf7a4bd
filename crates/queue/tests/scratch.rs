#![allow(missing_docs, clippy::all, clippy::pedantic)]
use futures_util::StreamExt; use lapin::*; use std::time::Duration;
#[tokio::test(flavor="multi_thread")] async fn cancel(){
 let c=Connection::connect("amqp://guest:guest@127.0.0.1:25672/%2f",ConnectionProperties::default()).await.unwrap();
 for kind in ["quorum","classic"] {
 let ch=c.create_channel().await.unwrap(); let mut a=types::FieldTable::default(); a.insert("x-queue-type".into(),types::AMQPValue::LongString(kind.into()));
 ch.queue_declare("gone".into(),options::QueueDeclareOptions::durable(),a).await.unwrap();
 let mut cons=ch.basic_consume("gone".into(),"".into(),Default::default(),Default::default()).await.unwrap();
 let other=c.create_channel().await.unwrap(); println!("{kind} deleted {:?}",other.queue_delete("gone".into(),Default::default()).await);
 println!("{:?}",tokio::time::timeout(Duration::from_secs(5),cons.next()).await);
 }}
