"""`python -m missionare.cli`, and the script `missionare`."""

from missionare.cli.app import main

if __name__ == "__main__":
    main()
