//! The subjects on which a consumer is reached.

use super::Consumer;
use crate::proto::api::consumer::AckPolicy;

/// What a message on one of a consumer's subjects is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// A pull request: [`Consumer::on_pull`].
    Pull,
    /// An acknowledgement: [`Consumer::on_ack`].
    Ack,
    /// An answer to flow control: [`Consumer::on_flow_control`].
    FlowControl,
}

impl Consumer {
    /// The subjects to bind while this consumer lives. Acknowledgements of the second version of the
    /// subject are not among them, since only who gives out such subjects gets any.
    pub fn doors(&self) -> Vec<(String, Door)> {
        let (stream, name) = (&self.source.stream, &self.source.consumer);
        let mut doors = vec![(format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"), Door::Pull)];
        if matches!(self.config.ack_policy, AckPolicy::Explicit | AckPolicy::All) {
            doors.push((format!("$JS.ACK.{stream}.{name}.>"), Door::Ack));
        }
        if self.config.flow_control {
            doors.push((format!("$JS.FC.{stream}.{name}.*"), Door::FlowControl));
        }
        doors
    }
}
