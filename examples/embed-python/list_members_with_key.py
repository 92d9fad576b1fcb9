"""Lists the members. The credential is in the memory of the component until the instance is dropped."""

from wasmtime import Engine, WasiConfig
from wasmtime.component import Linker, Variant

from component import Admin, compile_component, limited_store
from members import account, print_members


def admin_with_key(component, engine, base_url, admin_key):
    # wasmtime has its own `wasi:http`. It sends every request of the component, to any target.
    linker = Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = limited_store(engine)
    store.set_wasi(WasiConfig())  # No files, no environment, no standard streams.
    store.set_wasi_http()
    admin = Admin(component, linker, store)
    admin.configure(base_url, Variant("admin-key", admin_key))
    return admin


if __name__ == "__main__":
    engine = Engine()
    print_members(admin_with_key(compile_component(engine), engine, *account()))
