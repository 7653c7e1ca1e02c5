"""`python -m biconvex` is the command `biconvex`."""

from biconvex.cli import main

if __name__ == "__main__":
    main(prog_name="biconvex")
