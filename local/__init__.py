"""The local stack: the deployed application on an AWS emulator, with demonstration data. Never deployed; may import
`ops`.
"""
