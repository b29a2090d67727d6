"""Generated stubs of the gRPC interfaces; `make stubs` makes them anew from proto/."""
