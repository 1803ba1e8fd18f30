//! The way by which a pasted address reaches a running sign-in, and its verdict comes back to whoever pasted it.

use tokio::sync::{mpsc, oneshot};

use crate::contract::{Problem, ProblemCode};

/// Where a person's paste goes in. Cheap to clone.
#[derive(Clone)]
pub struct PasteSlot(mpsc::Sender<Pasted>);

/// Where the sign-in takes pastes out.
pub struct Pastes(mpsc::Receiver<Pasted>);

pub(crate) struct Pasted {
    pub(crate) address: String,
    pub(crate) verdict: oneshot::Sender<Result<(), Problem>>,
}

/// Makes a slot and its other end.
pub fn paste_slot() -> (PasteSlot, Pastes) {
    let (sender, receiver) = mpsc::channel(1);
    (PasteSlot(sender), Pastes(receiver))
}

impl PasteSlot {
    /// Hands over an address and waits for the verdict. A refused address does not end the sign-in.
    ///
    /// # Errors
    ///
    /// `callback-refused` when the address is not the answer to this sign-in, or when none is running.
    pub async fn paste(&self, address: String) -> Result<(), Problem> {
        let over = || Problem::new(ProblemCode::CallbackRefused).with("reason", "no-sign-in-is-waiting");
        let (verdict, answer) = oneshot::channel();
        self.0.send(Pasted { address, verdict }).await.map_err(|_| over())?;
        answer.await.map_err(|_| over())?
    }
}

impl Pastes {
    /// The next paste; never returns once every slot is gone, so that it can stand in a `select!`.
    pub(crate) async fn next(&mut self) -> Pasted {
        match self.0.recv().await {
            Some(pasted) => pasted,
            None => std::future::pending().await,
        }
    }
}
