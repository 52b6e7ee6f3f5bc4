//! Plans that run by themselves: at the start of an application, and at its stop.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::code::{On, PlanCode};
use super::report::Cause;
use super::run::{Finished, run};
use super::watch::{Plans, Undoing};
use crate::app::App;
use crate::env::Task;
use crate::error::{Error, Kind};
use crate::future::BoxFuture;
use crate::identity::Identity;

/// Runs the start plans, one after the other, in declared order. When one fails, or `stop` completes, what those before it did
/// is undone, in reverse.
pub(crate) async fn start(app: &App, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let plans = Plans(app.0.clone());
    let mut stop = pin!(stop);
    let mut ran = Ran { app: app.clone(), finished: Vec::new() };
    // Nothing that refers to a plan is kept across an await: this could not be seen to be `Send` otherwise.
    for at in 0..plans.on(On::Start).len() {
        let (name, work) = match plans.on(On::Start).get(at) {
            Some(code) => (code.name, one(app, code, None)),
            None => break,
        };
        let error = tokio::select! {
            biased;
            answer = work => match answer {
                Ok(outcome) => {
                    ran.finished.push(outcome);
                    continue;
                }
                Err(error) => error,
            },
            () = &mut stop => {
                Error::new(Kind::Cancelled, format!("stopped while the plan `{name}` ran"))
            }
        };
        if let Some(undone) = ran.undo(Cause::of(&error)) {
            // It goes on, also when the caller goes.
            let _ = undone.await;
        }
        return Err(error);
    }
    ran.finished.clear();
    *app.0.plans.at_stop.lock().unwrap_or_else(PoisonError::into_inner) = plans.on(On::Stop);
    Ok(())
}

/// The start plans that have run. What they did is undone if the start is given up.
struct Ran {
    app: App,
    finished: Vec<Finished>,
}

impl Ran {
    /// Undoes all of them, in reverse, in a task of its own.
    fn undo(&mut self, cause: Cause) -> Option<Task<()>> {
        let finished = std::mem::take(&mut self.finished);
        if finished.is_empty() || tokio::runtime::Handle::try_current().is_err() {
            return None;
        }
        let (app, undoing) = (self.app.clone(), Undoing::new(self.app.0.clone()));
        Some(self.app.env().spawn(async move {
            // A plan that was given up in the middle of its work is undone before.
            let _ = app.env().timeout(app.0.stop_timeout, app.0.running.idle()).await;
            for run in finished.into_iter().rev() {
                run.undo(cause.clone()).await;
            }
            drop(undoing);
        }))
    }
}

impl Drop for Ran {
    fn drop(&mut self) {
        drop(self.undo(Cause::of(&Error::new(Kind::Cancelled, "the start was given up"))));
    }
}

/// Runs the stop plans of an application that was started, in reverse of their declared order, until `end`. One that fails
/// stops none.
pub(crate) async fn stop(app: &App, end: Option<Instant>) -> Vec<Error> {
    let plans = std::mem::take(&mut *app.0.plans.at_stop.lock().unwrap_or_else(PoisonError::into_inner));
    let mut errors = Vec::new();
    for code in plans.into_iter().rev() {
        if let Err(error) = one(app, code, end).await {
            errors.push(error);
        }
    }
    errors
}

/// It runs as the application itself: nobody sends it, so nobody is asked whether they may.
///
/// In a box: what is around it could not be seen to be `Send` otherwise.
fn one<'a>(app: &'a App, code: &'static PlanCode, end: Option<Instant>) -> BoxFuture<'a, Result<Finished, Error>> {
    Box::pin(run_alone(app, code, end))
}

async fn run_alone(app: &App, code: &'static PlanCode, end: Option<Instant>) -> Result<Finished, Error> {
    let told = |error: Error| {
        let text = format!("the plan `{}` failed: {}", code.name, error.message());
        error.reworded(text)
    };
    let work = async {
        let root = app.own_context(Identity::ANONYMOUS);
        let own = root.child(code.info)?;
        let mut outcome = run(code.plan()?, &own, Arc::new(())).await?;
        let answer = outcome.take_error().map_or(Ok(()), |error| Err(told(error)));
        own.finish(answer).await?;
        Ok(outcome)
    };
    match end {
        None => work.await,
        Some(end) => app.env().timeout_at(end, work).await.unwrap_or_else(|_| {
            Err(Error::timeout(format!("the plan `{}` did not end before the stop", code.name)).with_code("PT0309"))
        }),
    }
}
