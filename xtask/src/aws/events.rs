//! What stacks tell of their operations: CloudFormation's events, newest first as they come.

use anyhow::Context;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackEvent;

use super::explain;

const STACK: &str = "AWS::CloudFormation::Stack";

/// A resource's step in a stack operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Unique in the stack.
    pub id: String,
    /// The operation's token, as given to the call that started it.
    pub token: String,
    /// Logical id.
    pub logical_id: String,
    /// Resource type.
    pub kind: String,
    /// Resource status, such as `CREATE_FAILED`.
    pub status: String,
    /// Why, in AWS's words; may be empty.
    pub reason: String,
    /// Whether it tells of a stack inside of this one.
    pub nested: bool,
    /// When, by AWS's clock, in milliseconds since 1970.
    pub at: i64,
}

impl Event {
    /// Whether it tells of the stack itself, not of a resource.
    #[must_use]
    pub fn is_of_stack(&self) -> bool {
        self.kind == STACK && !self.nested
    }

    /// Whether an operation, or the way back from one, begins with it; cleaning up is an end.
    fn begins(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS") && !self.status.ends_with("_CLEANUP_IN_PROGRESS")
    }
}

/// The newest event of a stack, if it has any.
pub async fn newest_one(client: &Client, stack: &str) -> anyhow::Result<Option<Event>> {
    let answer = client.describe_stack_events().stack_name(stack).send().await;
    let answer = answer.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
    Ok(answer.stack_events().first().map(convert))
}

/// The token of the newest operation of a stack; empty where it has none.
pub async fn newest_token(client: &Client, stack: &str) -> anyhow::Result<String> {
    Ok(newest_one(client, stack).await?.unwrap_or_default().token)
}

/// The events of one operation and of what followed it, such as its cancelling by somebody else; oldest first. Reads only
/// as far back as the operation goes.
pub async fn of(client: &Client, stack: &str, token: &str) -> anyhow::Result<Vec<Event>> {
    let mut found = Vec::new();
    let mut ours = false;
    let mut pages = client.describe_stack_events().stack_name(stack).into_paginator().send();
    'pages: while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
        for event in page.stack_events() {
            // Events come newest first: another token after ours is an earlier operation.
            let own = event.client_request_token() == Some(token);
            if ours && !own {
                break 'pages;
            }
            ours |= own;
            found.push(convert(event));
        }
        // The newest page has none of ours: the operation has not begun to tell.
        if !ours {
            return Ok(Vec::new());
        }
    }
    found.reverse();
    Ok(found)
}

/// The events since the stack itself last began something, its way back included; oldest first.
pub async fn newest(client: &Client, stack: &str) -> anyhow::Result<Vec<Event>> {
    let mut found = Vec::new();
    let mut pages = client.describe_stack_events().stack_name(stack).into_paginator().send();
    'pages: while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
        for event in page.stack_events().iter().map(convert) {
            let begun = event.is_of_stack() && event.begins();
            found.push(event);
            if begun {
                break 'pages;
            }
        }
    }
    found.reverse();
    Ok(found)
}

/// Whether this stack has ever been whole: an operation came to its good end, or is so long ago that CloudFormation no longer
/// tells of the stack's beginning (it keeps events for 90 days: AWS CloudFormation User Guide, "View stack events").
pub async fn was_whole(client: &Client, stack: &str) -> anyhow::Result<bool> {
    let mut begun = false;
    let mut pages = client.describe_stack_events().stack_name(stack).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
        for event in page.stack_events().iter().map(convert).filter(Event::is_of_stack) {
            match event.status.as_str() {
                "CREATE_COMPLETE"
                | "IMPORT_COMPLETE"
                | "IMPORT_ROLLBACK_COMPLETE"
                | "UPDATE_COMPLETE"
                | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
                | "UPDATE_ROLLBACK_COMPLETE" => return Ok(true),
                "REVIEW_IN_PROGRESS" | "CREATE_IN_PROGRESS" => begun = true,
                _ => {}
            }
        }
    }
    Ok(!begun)
}

fn convert(event: &StackEvent) -> Event {
    let physical = event.physical_resource_id().unwrap_or_default();
    Event {
        // A stack's own events name it twice.
        nested: event.resource_type() == Some(STACK) && !physical.is_empty() && Some(physical) != event.stack_id(),
        id: event.event_id().unwrap_or_default().to_owned(),
        token: event.client_request_token().unwrap_or_default().to_owned(),
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        kind: event.resource_type().unwrap_or_default().to_owned(),
        status: event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: event.resource_status_reason().unwrap_or_default().to_owned(),
        at: event.timestamp().and_then(|at| at.to_millis().ok()).unwrap_or_default(),
    }
}
