"""Lists the members. The gate stores the credential: no data that the component gets contains it."""

from wasmtime import Engine

from component import Admin, compile_component, limited_store
from credential_gate import CredentialGate
from members import account, print_members
from wasi_http import linker_with_gate


def admin_behind_gate(component, engine, base_url, admin_key, on_request=None):
    gate = CredentialGate(base_url, ("x-api-key", admin_key), on_request)
    admin = Admin(component, linker_with_gate(engine, component, gate), limited_store(engine))
    admin.configure(base_url)  # Sets the upstream, and no credential.
    return admin


if __name__ == "__main__":
    engine = Engine()
    print_members(admin_behind_gate(compile_component(engine), engine, *account()))
