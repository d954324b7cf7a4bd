#![allow(missing_docs, clippy::all, clippy::pedantic)]
use bytes::Bytes; use crossdock_queue::*; use crossdock_telemetry::metrics::Metrics; use tokio_util::sync::CancellationToken; use std::{sync::{Arc,atomic::*},time::*};
const W: WorkQueue = WorkQueue{name:"crossdock.scratch",role:"scratch",keys:&["s.#"]};
fn msg(l:&str,n:usize)->Message{Message{routing_key:"s.x".into(),id:format!("{n}"),content_type:"text/plain",body:Bytes::from(format!("{l}/{}", "x".repeat(1000)))}}
struct H(AtomicUsize);
#[async_trait::async_trait] impl Handler for H {
 async fn route(&self,d:&Delivery)->Result<Route,Failure>{ let t=String::from_utf8_lossy(&d.body); Ok(Route{lane:t.split('/').next().unwrap().into(),subject:None}) }
 async fn handle(&self,_:&str,b:Vec<Delivery>)->Vec<Outcome>{ self.0.fetch_add(b.len(),Ordering::SeqCst); b.iter().map(|_|Outcome::Done).collect() } }
fn ctl(a:&[&str]){ let mut c=std::process::Command::new("bash"); c.arg("-c").arg(format!(". /tmp/w/queue-node/env.sh; /usr/lib/rabbitmq/bin/rabbitmqctl {}",a.join(" "))); assert!(c.output().unwrap().status.success()); }
async fn start()->(Publisher,Broker,Metrics){ let b=Broker{url:"amqp://guest:guest@127.0.0.1:25672/%2f".to_string().into(),topology:Topology{work:vec![W]}}; let m=Metrics::default(); let p=Publisher::start(b.clone(),&m,CancellationToken::new()); while p.link()!=Link::Up {tokio::time::sleep(Duration::from_millis(20)).await;} (p,b,m) }
#[tokio::test(flavor="multi_thread")] async fn speed(){ let (p,b,m)=start().await;
 for conc in [1usize,16,64,128,256,512]{ let n=if conc==1{500}else{6000}; let t=Instant::now(); let next=Arc::new(AtomicUsize::new(0)); let mut js=vec![]; for _ in 0..conc{ let p=p.clone(); let next=next.clone(); js.push(tokio::spawn(async move{ loop{ let i=next.fetch_add(1,Ordering::SeqCst); if i>=n {break;} p.publish(msg(&format!("l{}",i%5),i)).await.unwrap(); } })); } for j in js{j.await.unwrap();} println!("conc {conc}: {:.0}/s", n as f64/t.elapsed().as_secs_f64()); }
 let h=Arc::new(H(AtomicUsize::new(0))); let t=Instant::now(); let stop=CancellationToken::new(); let c=tokio::spawn(Consumer::new(b,W,p.clone(),h.clone(),&m).run(stop.clone())); let mut last=0; loop{ tokio::time::sleep(Duration::from_millis(100)).await; let n=h.0.load(Ordering::SeqCst); if n==last && n>0 {break} last=n;} println!("consumed {last} in {:?}",t.elapsed()); stop.cancel(); c.await.unwrap(); println!("{}", m.text()); }
#[tokio::test(flavor="multi_thread")] async fn blocked(){ let (p,b,m)=start().await; p.publish(msg("a",1)).await.unwrap();
 ctl(&["set_vm_memory_high_watermark","absolute","1MB"]); tokio::time::sleep(Duration::from_secs(2)).await; println!("link {:?}",p.link());
 for i in 0..3 { let t=Instant::now(); let r=p.publish(msg("a",2+i)).await; println!("{r:?} {:?} link {:?}",t.elapsed(),p.link()); }
 let h=Arc::new(H(AtomicUsize::new(0))); let stop=CancellationToken::new(); let c=tokio::spawn(Consumer::new(b,W,p.clone(),h.clone(),&m).run(stop.clone())); tokio::time::sleep(Duration::from_secs(3)).await; println!("handled while blocked {}",h.0.load(Ordering::SeqCst));
 tokio::time::sleep(Duration::from_secs(60)).await; println!("after a minute {:?}",p.link());
 ctl(&["set_vm_memory_high_watermark","0.4"]); let t=Instant::now(); while p.link()!=Link::Up {tokio::time::sleep(Duration::from_millis(20)).await;} println!("up after {:?}",t.elapsed()); let t=Instant::now(); println!("{:?} {:?}",p.publish(msg("a",9)).await,t.elapsed()); tokio::time::sleep(Duration::from_secs(1)).await; println!("handled {}",h.0.load(Ordering::SeqCst)); stop.cancel(); c.await.unwrap();
 // started during an alarm
 ctl(&["set_vm_memory_high_watermark","absolute","1MB"]); tokio::time::sleep(Duration::from_secs(2)).await; let (p2,_,_)=start().await; let t=Instant::now(); println!("fresh: {:?} {:?} {:?}",p2.publish(msg("a",10)).await,t.elapsed(),p2.link()); ctl(&["set_vm_memory_high_watermark","0.4"]); while p2.link()!=Link::Up {tokio::time::sleep(Duration::from_millis(20)).await;} println!("{:?}",p2.publish(msg("a",11)).await);
}
