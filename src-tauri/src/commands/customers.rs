//! Customers and step 0.

use onboarding::contract::{
    AddCustomer, CustomerView, Destination, DestinationQuery, EditCustomer, Problem, TenantFound, TenantQuery,
};
use tauri::State;

use crate::desk::Desk;

#[tauri::command]
pub(crate) async fn find_tenant(desk: State<'_, Desk>, request: TenantQuery) -> Result<TenantFound, Problem> {
    desk.engine().await?.find_tenant(request).await
}

#[tauri::command]
pub(crate) async fn propose(
    desk: State<'_, Desk>,
    request: DestinationQuery,
) -> Result<Destination, Problem> {
    desk.engine().await?.propose(&request)
}

#[tauri::command]
pub(crate) async fn customers(desk: State<'_, Desk>) -> Result<Vec<CustomerView>, Problem> {
    desk.engine().await?.customers().await
}

#[tauri::command]
pub(crate) async fn customer(desk: State<'_, Desk>, customer: String) -> Result<CustomerView, Problem> {
    desk.engine().await?.customer(&customer).await
}

#[tauri::command]
pub(crate) async fn add_customer(
    desk: State<'_, Desk>,
    request: AddCustomer,
) -> Result<CustomerView, Problem> {
    desk.engine().await?.add_customer(request).await
}

#[tauri::command]
pub(crate) async fn edit_customer(
    desk: State<'_, Desk>,
    customer: String,
    request: EditCustomer,
) -> Result<CustomerView, Problem> {
    desk.engine().await?.edit_customer(&customer, request).await
}

#[tauri::command]
pub(crate) async fn forget_customer(desk: State<'_, Desk>, customer: String) -> Result<(), Problem> {
    desk.engine().await?.forget_customer(&customer).await
}
