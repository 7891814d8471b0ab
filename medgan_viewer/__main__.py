"""python -m medgan_viewer: the command line."""

from medgan_viewer.cli import main

if __name__ == "__main__":
    main()
