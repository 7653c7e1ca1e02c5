"""Maps the folders at the root of the repository onto the package `biconvex`."""

from setuptools import find_packages, setup

FOLDERS = {"lint": "lint", "rules": "rules", "sim": "sim", "pytest_plugin": "pytest_plugin"}
package_dir = {"biconvex": "src/biconvex"}
packages = ["biconvex", *(f"biconvex.{name}" for name in find_packages("src/biconvex"))]
for name, folder in FOLDERS.items():
    package_dir[f"biconvex.{name}"] = folder
    packages += [f"biconvex.{name}", *(f"biconvex.{name}.{sub}" for sub in find_packages(folder))]

setup(package_dir=package_dir, packages=packages)
