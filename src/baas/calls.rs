//! The documented calls, one method each.

use std::sync::Arc;

use reqwest::Method;

use super::answer::Answer;
use super::client::{Client, Login};
use super::entries::{Entry, List, Object};
use super::fault::{CallFailed, Fault};
use super::wire;
use crate::model::{CreateOutcome, CreateRequest, ExecutionKey, JobKey, ObjectType, ResourceId, RestoreRecord, SiteId};
use crate::ports::Repeat;

/// Answers of lists come in pages of this size.
const PAGE: usize = 100;

/// More pages than any site has jobs for.
const MOST_PAGES: usize = 1000;

/// The memory that the jobs of a site may take, over all pages.
const MOST_OF_JOBS: usize = 128 * 1024 * 1024;

/// The longest id that the service may give something.
const LONGEST_ID: usize = 256;

/// Which jobs to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobFilter<'a> {
    /// Active ones or inactive ones; both where none.
    pub active: Option<bool>,
    /// `Backup` or `Restore`; both where none.
    pub job_type: Option<&'a str>,
}

impl Client {
    /// Every restore of a site.
    ///
    /// # Errors
    /// When the call fails; so for all calls below.
    pub async fn restores(&self, site: &SiteId) -> Result<Vec<wire::Restore>, CallFailed> {
        self.list(self.address(&["sites", site.as_str(), "restores"])).await
    }

    /// Every restore of a site as records, without our own secrets; what says the same as the last time isn't read again.
    pub(super) async fn restore_records(
        &self,
        site: &SiteId,
        repeat: Repeat,
    ) -> Result<Vec<Arc<RestoreRecord>>, CallFailed> {
        let record = |restore: wire::Restore| self.record(restore);
        let read = |answer: &Answer| {
            let known = (site, self.renewals());
            let list = self.parse_as(answer, |body| match self.remembered.records(known, body, record) {
                Some(records) => Ok(Ok(records)),
                None => serde_json::from_slice::<List<wire::Restore>>(body).map(Err),
            })?;
            list.or_else(|list| Ok(list.whole()?.into_iter().map(record).map(Arc::new).collect()))
        };
        self.read_as(self.address(&["sites", site.as_str(), "restores"]), repeat, read).await
    }

    /// One restore, by its execution id; asked for once.
    pub async fn restore(&self, source: &ExecutionKey, restore: &ResourceId) -> Result<wire::Restore, CallFailed> {
        let url = self.execution_address(source, &["restores", restore.as_str()]);
        let read = |answer: &Answer| self.parse::<Object<wire::Restore>>(answer);
        Ok(self.read_as(url, Repeat::Never, read).await?.0)
    }

    /// The restores of one backup execution; asked for once. The printed address of this call is short, so a service may
    /// not know it.
    pub async fn execution_restores(&self, source: &ExecutionKey) -> Result<Vec<wire::Restore>, CallFailed> {
        let read = |answer: &Answer| self.parse::<List<wire::Restore>>(answer)?.whole();
        self.read_as(self.execution_address(source, &["restores"]), Repeat::Never, read).await
    }

    /// Creates and runs a restore. One request; the outcome says what its answer proves.
    pub async fn create(&self, request: &CreateRequest) -> CreateOutcome {
        let url = self.execution_address(&request.source, &["restores"]);
        match self.post_once(&url, &body(request)).await {
            Err(failed) => failed.as_outcome(),
            Ok(answer) => match self.resource_id(&answer) {
                Ok(resource_id) => CreateOutcome::Applied { resource_id: Some(resource_id) },
                // A login page answers 200 too. Without the documented header only the site can tell.
                Err(why) => {
                    let fault = Fault::OtherShape { status: answer.status, why: why.to_owned() };
                    let message = self.failed(&Method::POST, &url, fault).to_string();
                    CreateOutcome::Unknown { message }
                }
            },
        }
    }

    /// Asks whether restores to a site are permitted; gives the service's own words, which are not documented.
    pub async fn restore_permissions(&self, site: &SiteId) -> Result<serde_json::Value, CallFailed> {
        let query = self.permission_query();
        let login = if query.with_credentials { Login::With } else { Login::Without };
        let url = self.address(&["sites", site.as_str(), "restore-permissions"]);
        let answer = self.post(&url, &query.body, login).await?;
        // The body of a yes is not documented, so there may be none; but a login page is no yes.
        if answer.body.trim_ascii().is_empty() {
            return Ok(serde_json::Value::Null);
        }
        self.parse(&answer).map_err(|fault| self.failed(&Method::POST, &url, fault))
    }

    /// The databases of a site.
    pub async fn databases(&self, site: &SiteId) -> Result<Vec<wire::Database>, CallFailed> {
        self.list(self.address(&["sites", site.as_str(), "databases"])).await
    }

    /// The jobs of a site, all pages. The answer has no total, so pages are read until one is short.
    pub async fn jobs(&self, site: &SiteId, filter: JobFilter<'_>) -> Result<Vec<wire::Job>, CallFailed> {
        let mut all: Vec<wire::Job> = Vec::new();
        let mut bytes = 0usize;
        for page in 1..=MOST_PAGES {
            let mut url = self.address(&["sites", site.as_str(), "jobs"]);
            {
                let mut query = url.query_pairs_mut();
                query.append_pair("page", &page.to_string()).append_pair("page-size", &PAGE.to_string());
                if let Some(active) = filter.active {
                    query.append_pair("is-active", if active { "true" } else { "false" });
                }
                if let Some(kind) = filter.job_type {
                    query.append_pair("job-type", kind);
                }
            }
            let jobs: Vec<wire::Job> = self.list(url).await?;
            let short = jobs.len() < PAGE;
            // A service that ignores `page` would answer the same for ever.
            let repeats = jobs.first().is_some_and(|first| first.job_id.is_some() && all.contains(first));
            if repeats {
                return Ok(all);
            }
            bytes = jobs.iter().fold(bytes, |sum, job| sum.saturating_add(job.bytes()));
            all.extend(jobs);
            if short {
                return Ok(all);
            }
            if bytes > MOST_OF_JOBS {
                break;
            }
        }
        let url = self.address(&["sites", site.as_str(), "jobs"]);
        Err(self.failed(&Method::GET, &url, Fault::TooMany { entries: all.len() }))
    }

    /// One job.
    pub async fn job(&self, job: &JobKey) -> Result<wire::Job, CallFailed> {
        self.one(self.job_address(job, &[])).await
    }

    /// The executions of a backup job. Where the service doesn't have that list, or answers it with entries
    /// that are no executions (the page describes this address as a list of restores), the site's list and
    /// then the job's own last execution are taken.
    pub async fn executions(&self, job: &JobKey) -> Result<Vec<wire::Execution>, CallFailed> {
        let usable = |list: &Vec<wire::Execution>| list.iter().any(|e| e.backup_job_execution_id.is_some());
        match self.list::<wire::Execution>(self.job_address(job, &["executions"])).await {
            Ok(list) if list.is_empty() || usable(&list) => return Ok(list),
            Ok(_) => {}
            Err(failed) if failed.fault.is_absent() => {}
            Err(failed) => return Err(failed),
        }
        match self.site_executions(&job.site).await {
            Ok(mut list) => {
                list.retain(|e| e.job_id.as_deref() == Some(job.job.as_str()));
                if usable(&list) {
                    return Ok(list);
                }
            }
            Err(failed) if failed.fault.is_absent() => {}
            Err(failed) => return Err(failed),
        }
        Ok(self.job(job).await?.last_execution_details.into_iter().collect())
    }

    /// The backup executions of a site, over all its jobs.
    pub async fn site_executions(&self, site: &SiteId) -> Result<Vec<wire::Execution>, CallFailed> {
        self.list(self.address(&["sites", site.as_str(), "executions"])).await
    }

    /// Asks the service to prepare the object list of an execution; gives the id of the preparation.
    pub async fn prepare_objects(&self, execution: &ExecutionKey) -> Result<Option<ResourceId>, CallFailed> {
        let url = self.execution_address(execution, &["prepare-objects"]);
        let answer = self.post(&url, &serde_json::json!({}), Login::Without).await?;
        Ok(self.resource_id(&answer).ok())
    }

    /// How far the preparation of an object list is. There is one for a whole site.
    pub async fn preparation_status(&self, site: &SiteId) -> Result<wire::PreparationStatus, CallFailed> {
        self.one(self.address(&["sites", site.as_str(), "objects-preparation-status"])).await
    }

    /// The objects of an execution; the service must have prepared the list.
    pub async fn objects(&self, execution: &ExecutionKey) -> Result<Vec<wire::BackupObject>, CallFailed> {
        self.list(self.execution_address(execution, &["objects"])).await
    }

    /// One record.
    async fn one<T: serde::de::DeserializeOwned>(&self, url: reqwest::Url) -> Result<T, CallFailed> {
        Ok(self.read::<Object<T>>(url).await?.0)
    }

    /// A list, whole or not at all.
    async fn list<T: Entry>(&self, url: reqwest::Url) -> Result<Vec<T>, CallFailed> {
        let list = self.read::<List<T>>(url.clone()).await?;
        list.whole().map_err(|fault| self.failed(&Method::GET, &url, fault))
    }

    /// The id of what a request made, from `x-resource-id`; or why there is none. The header comes from outside: what
    /// could not be an id is none, and neither is what sends a secret of ours back.
    fn resource_id(&self, answer: &Answer) -> Result<ResourceId, &'static str> {
        let mut values = answer.headers.get_all("x-resource-id").iter();
        let value = values.next().ok_or("the header `x-resource-id` is missing")?;
        if values.any(|other| other != value) {
            return Err("the header `x-resource-id` came twice, with different ids");
        }
        let id = value.to_str().unwrap_or_default().trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        let begins = id.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins || id.len() > LONGEST_ID || !id.chars().all(plain) || self.is_told_by(id) {
            return Err("the header `x-resource-id` holds no id");
        }
        Ok(ResourceId::new(id))
    }

    fn job_address(&self, job: &JobKey, rest: &[&str]) -> reqwest::Url {
        let mut segments = vec!["sites", job.site.as_str(), "jobs", job.job.as_str()];
        segments.extend(rest);
        self.address(&segments)
    }

    fn execution_address(&self, key: &ExecutionKey, rest: &[&str]) -> reqwest::Url {
        let mut segments = vec!["executions", key.execution.as_str()];
        segments.extend(rest);
        self.job_address(&key.job, &segments)
    }
}

/// The body of the create call, just as the vendor's page has it.
pub(super) fn body(request: &CreateRequest) -> wire::CreateRestore {
    let object = |object: &crate::model::RestoreObject| wire::JobObject {
        object_name: object.name.as_str().to_owned(),
        object_type: object.object_type.wire().to_owned(),
        parent_name: object.parent.as_str().to_owned(),
        parent_type: object.parent_type.wire().to_owned(),
        exclude_objects: object
            .exclude
            .iter()
            .map(|name| wire::ExcludedObject {
                object_name: name.as_str().to_owned(),
                // A plan excludes by name alone, and what people leave out of a database is its tables.
                object_type: ObjectType::Table.wire().to_owned(),
            })
            .collect(),
        include_all: object.include_all,
        rename_to: object.rename_to.as_ref().map(|name| name.as_str().to_owned()),
    };
    wire::CreateRestore {
        name: request.job_name.as_str().to_owned(),
        target_site: request.target.site.as_str().to_owned(),
        job_settings: wire::JobSettings {
            objects: request.objects.iter().map(object).collect(),
            continue_job_on_access_right_violation: request.options.continue_on_access_right_violation,
            run_as_a_copy_job: request.mode == crate::model::Mode::Copy,
            skip_statstics: request.options.skip_statistics,
            skip_join_or_hash_indexes: request.options.skip_join_or_hash_indexes,
            restore_to_a_different_database_on_target_site: request
                .target
                .database
                .as_ref()
                .map(|name| name.as_str().to_owned()),
        },
    }
}
