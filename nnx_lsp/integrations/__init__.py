"""What other programs find through entry points: each module is loaded by the program that it is for, and by nothing else."""
