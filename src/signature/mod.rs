//! TEMPORARY stand-in until stage/signature is merged.
pub mod report;
pub mod trust { 
    use crate::hash::Sha256; use std::path::Path; use jiff::Timestamp;
    #[derive(Clone)] pub struct Anchor; 
    impl Anchor { pub fn name(&self)->String{String::new()} pub fn sha256(&self)->Sha256{Sha256([0;32])} pub fn purposes(&self)->Vec<&'static str>{vec![]} pub fn not_before(&self)->Option<Timestamp>{None} pub fn not_after(&self)->Option<Timestamp>{None} pub fn folders(&self)->Vec<&'static str>{vec![]} pub fn der(&self)->&[u8]{&[]} }
    pub struct Trust; impl Trust { pub fn load(_:Option<&Path>,_:Option<&Path>,_:Option<&Path>)->Result<Self,String>{Ok(Self)} pub fn anchors(&self)->impl Iterator<Item=&Anchor>{ std::iter::empty() } pub fn anchors_sha256(&self)->Sha256{Sha256([0;32])} }
}
use std::sync::Arc; use bytes::Bytes; use crate::{limits::Limits, finding::Finding, message::Message, envelope::Package}; use report::*; use jiff::Timestamp;
pub struct Context { pub at: Timestamp }
impl Context { pub fn new(_:Arc<trust::Trust>, at:Timestamp,_:Limits)->Self{Self{at}} pub fn with_revocation_age(self,_:std::time::Duration)->Self{self} }
pub fn judge_message(_:&Message,_:&Context)->Vec<SignatureReport>{vec![]}
pub fn judge_package(_:&Package,_:&Context)->(Vec<SignatureReport>,Vec<Finding>){(vec![],vec![])}
pub fn judge_evidence(_:&Bytes,_:&Context)->SignatureReport{ SignatureReport{role:Role::Evidence,format:"XML-DSig".into(),level:None,profile:None,indication:Indication::Indeterminate,sub_indication:None,reasons:vec![],signer:None,claimed_signing_time:None,best_signature_time:None,covers:String::new(),timestamps:vec![],revocation:vec![],counter_signatures:vec![]} }
pub fn verdict(signatures:Vec<SignatureReport>,_:&[Finding],c:&Context)->Verdict{Verdict{indication:Indication::Indeterminate,sub_indication:Some(SubIndication::NoSignature),signatures,validation_time:c.at,anchors_sha256:crate::hash::Sha256([0;32])}}
