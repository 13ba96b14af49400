"""``python -m grader`` is ``grade``, where the folder of scripts is not on the path."""

from grader.cli.app import main

if __name__ == "__main__":
    main()
