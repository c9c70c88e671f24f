"""The machine under hubadmin on a developer's or visitor's computer: set-up, embedded services, demo, tests.

Nothing here is used in production. All but ``provision`` run on the standard library alone, because
they are what makes the virtual environment.
"""
