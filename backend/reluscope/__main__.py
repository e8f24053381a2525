"""The command `reluscope`."""

from .cli.app import app


def main() -> None:
    """What the command runs."""
    app(prog_name="reluscope")


if __name__ == "__main__":
    main()
