"""The student room: what runs beside student code, in the sandbox, and is believed by nobody."""
