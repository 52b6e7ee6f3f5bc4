//! The plan: twelve steps. What each takes and gives is their order; `after` says the rest.

use partitura::prelude::*;

/// Makes everything that a tenant needs.
#[orchestrate(input = Tenant, output = Receipt, limit = 4, undo_within = "20s", route(post, "/tenants"))]
pub mod provision {
    use partitura::prelude::*;

    use crate::cloud::Cloud;
    use crate::{Receipt, Tenant, TenantReady};

    pub struct Quota;
    pub struct Network(String);
    pub struct Database(String);
    pub struct Bucket(String);
    pub struct Certificate;
    pub struct Migrated(u32);
    pub struct Workers(u32);
    pub struct Gateway {
        url: String,
    }

    /// Is there room for one more?
    #[step(timeout = "2s")]
    async fn check_quota(tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<Quota> {
        cloud.work(cx, tenant, "check_quota", 20).await?;
        Ok(Quota)
    }

    /// A network of its own.
    #[step(compensate = release_network)]
    async fn allocate_network(_quota: &Quota, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<Network> {
        cloud.make(cx, tenant, "allocate_network", 60).await?;
        Ok(Network(format!("{}.internal", tenant.name)))
    }

    async fn release_network(tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.remove(cx, tenant, "allocate_network").await
    }

    /// The slowest of all, and sometimes busy.
    #[step(retries = 3, backoff = "50ms", timeout = "5s", compensate = drop_database)]
    async fn create_database(_quota: &Quota, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<Database> {
        cloud.make(cx, tenant, "create_database", 120).await?;
        Ok(Database(format!("{}_db", tenant.name)))
    }

    async fn drop_database(_database: &Database, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.remove(cx, tenant, "create_database").await
    }

    /// Where files go.
    #[step(compensate = delete_bucket)]
    async fn create_bucket(_quota: &Quota, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<Bucket> {
        cloud.make(cx, tenant, "create_bucket", 40).await?;
        Ok(Bucket(format!("{}-files", tenant.name)))
    }

    async fn delete_bucket(tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.remove(cx, tenant, "create_bucket").await
    }

    /// So that its address is trusted.
    #[step(retries = 2, timeout = "10s", compensate = revoke_certificate)]
    async fn issue_certificate(
        _network: &Network,
        tenant: &Tenant,
        cloud: &Cloud,
        cx: &Context,
    ) -> Result<Certificate> {
        cloud.make(cx, tenant, "issue_certificate", 80).await?;
        Ok(Certificate)
    }

    async fn revoke_certificate(tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.remove(cx, tenant, "issue_certificate").await
    }

    /// Tables. There is nothing to undo: they go with the database.
    #[step(retries = 1)]
    async fn migrate(_database: &Database, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<Migrated> {
        cloud.work(cx, tenant, "migrate", 50).await?;
        Ok(Migrated(17))
    }

    /// Something to look at, for those who want it.
    #[step(when = wants_demo_data)]
    async fn seed(_migrated: &Migrated, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.work(cx, tenant, "seed", 30).await
    }

    fn wants_demo_data(tenant: &Tenant) -> bool {
        tenant.demo
    }

    /// Nice to have: without it the first visitor waits.
    #[step(on_failure = continue)]
    async fn warm_cache(
        _database: &Database,
        _bucket: &Bucket,
        tenant: &Tenant,
        cloud: &Cloud,
        cx: &Context,
    ) -> Result<()> {
        cloud.work(cx, tenant, "warm_cache", 25).await
    }

    /// What does the work.
    #[step(compensate = stop_workers)]
    async fn start_workers(
        _network: &Network,
        migrated: &Migrated,
        tenant: &Tenant,
        cloud: &Cloud,
        cx: &Context,
    ) -> Result<Workers> {
        cloud.make(cx, tenant, "start_workers", 70).await?;
        Ok(Workers(migrated.0 / 8))
    }

    async fn stop_workers(_workers: &Workers, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.remove(cx, tenant, "start_workers").await
    }

    /// The way in.
    #[step(compensate = remove_route)]
    async fn configure_gateway(
        network: &Network,
        _certificate: &Certificate,
        _workers: &Workers,
        tenant: &Tenant,
        cloud: &Cloud,
        cx: &Context,
    ) -> Result<Gateway> {
        cloud.make(cx, tenant, "configure_gateway", 35).await?;
        Ok(Gateway { url: format!("https://{}", network.0) })
    }

    async fn remove_route(tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.remove(cx, tenant, "configure_gateway").await
    }

    /// Does it answer?
    #[step(retries = 2, backoff = "20ms", timeout = "3s")]
    async fn smoke_test(_gateway: &Gateway, tenant: &Tenant, cloud: &Cloud, cx: &Context) -> Result<()> {
        cloud.work(cx, tenant, "smoke_test", 45).await
    }

    /// The tenant is there by now: if nobody can be told, it stays.
    #[step(after = [seed, warm_cache, smoke_test], on_failure = halt)]
    async fn announce(
        gateway: Gateway,
        database: &Database,
        bucket: &Bucket,
        workers: &Workers,
        tenant: &Tenant,
        cloud: &Cloud,
        cx: &Context,
    ) -> Result<Receipt> {
        cloud.work(cx, tenant, "announce", 10).await?;
        cx.emit(TenantReady { name: tenant.name.clone() }).await?;
        Ok(Receipt { url: gateway.url, database: database.0.clone(), bucket: bucket.0.clone(), workers: workers.0 })
    }
}

/// At the start of the application, the tenants that the configuration names.
#[orchestrate(on = start)]
pub mod opening {
    use partitura::prelude::*;

    use crate::{Opening, Tenant};

    #[step]
    async fn tenants(opening: &Opening, cx: &Context) -> Result<()> {
        for name in &opening.tenants {
            cx.send(super::provision::Run(Tenant::named(name))).await?;
        }
        Ok(())
    }
}
