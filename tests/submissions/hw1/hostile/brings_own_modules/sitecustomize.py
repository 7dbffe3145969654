raise RuntimeError("this module must not be imported by anybody")
